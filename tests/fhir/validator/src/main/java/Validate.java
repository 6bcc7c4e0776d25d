import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.parser.IParser;
import ca.uhn.fhir.parser.LenientErrorHandler;
import ca.uhn.fhir.validation.FhirValidator;
import ca.uhn.fhir.validation.SingleValidationMessage;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.hl7.fhir.common.hapi.validation.support.CommonCodeSystemsTerminologyService;
import org.hl7.fhir.common.hapi.validation.support.InMemoryTerminologyServerValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.PrePopulatedValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.UnknownCodeSystemWarningValidationSupport;
import org.hl7.fhir.common.hapi.validation.support.ValidationSupportChain;
import org.hl7.fhir.common.hapi.validation.validator.FhirInstanceValidator;
import org.hl7.fhir.r5.utils.validation.constants.BestPracticeWarningLevel;

/**
 * Validates FHIR resources: {@code java Validate R4|R5 [FOLDER OF DEFINITIONS]...}.
 *
 * <p>Reads one resource a line from standard input and answers each with one line: a JSON array of its issues. One
 * start serves as many resources as one likes. Nothing is fetched: codes of systems that are not here, such as those of
 * SNOMED CT, are warned of; all else is strict.
 */
public final class Validate {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Validate() {}

  /** Answers line by line until standard input ends. */
  public static void main(String[] args) throws IOException {
    // Whatever a library prints must not get between the answers.
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    FhirContext context = args[0].equals("R4") ? FhirContext.forR4() : FhirContext.forR5();
    FhirValidator validator = validator(context, List.of(args).subList(1, args.length));
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      List<SingleValidationMessage> messages = validator.validateWithResult(line).getMessages();
      answers.println(JSON.writeValueAsString(messages.stream().map(Validate::issue).toList()));
    }
  }

  private static FhirValidator validator(FhirContext context, List<String> folders) throws IOException {
    UnknownCodeSystemWarningValidationSupport unknown = new UnknownCodeSystemWarningValidationSupport(context);
    unknown.setNonExistentCodeSystemSeverity(IValidationSupport.IssueSeverity.WARNING);
    ValidationSupportChain chain =
        new ValidationSupportChain(
            new DefaultProfileValidationSupport(context),
            definitions(context, folders),
            new CommonCodeSystemsTerminologyService(context),
            new InMemoryTerminologyServerValidationSupport(context),
            unknown);
    // A binding asks that one coding of a concept is in the value set (FHIR 4.1.5), not each.
    chain.setCodeableConceptValidationSuccessfulIfNotAllCodingsAreValid(true);
    FhirInstanceValidator module = new FhirInstanceValidator(chain);
    // Without the guides their profiles and extensions are unknown.
    module.setAnyExtensionsAllowed(folders.isEmpty());
    module.setErrorForUnknownProfiles(!folders.isEmpty());
    module.setAssumeValidRestReferences(true);
    module.setBestPracticeWarningLevel(BestPracticeWarningLevel.Warning);
    return context.newValidator().registerValidatorModule(module);
  }

  /** Returns the structure definitions, value sets and code systems of some folders. */
  private static PrePopulatedValidationSupport definitions(FhirContext context, List<String> folders)
      throws IOException {
    PrePopulatedValidationSupport found = new PrePopulatedValidationSupport(context);
    IParser parser = context.newJsonParser();
    parser.setParserErrorHandler(new LenientErrorHandler(false));
    for (String folder : folders) {
      try (Stream<Path> paths = Files.list(Path.of(folder))) {
        for (Path path : paths.filter(each -> each.toString().endsWith(".json")).sorted().toList()) {
          found.addResource(parser.parseResource(Files.readString(path)));
        }
      }
    }
    return found;
  }

  private static Map<String, String> issue(SingleValidationMessage message) {
    Map<String, String> issue = new LinkedHashMap<>();
    issue.put("severity", message.getSeverity().getCode());
    issue.put("location", message.getLocationString());
    issue.put("id", message.getMessageId());
    issue.put("message", message.getMessage());
    return issue;
  }
}
