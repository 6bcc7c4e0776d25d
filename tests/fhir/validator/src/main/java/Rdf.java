import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.DefaultProfileValidationSupport;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import org.hl7.fhir.common.hapi.validation.validator.WorkerContextValidationSupportAdapter;
import org.hl7.fhir.r4.hapi.ctx.HapiWorkerContext;

/**
 * Writes and reads FHIR RDF: {@code java Rdf R4|R5}.
 *
 * <p>Reads lines of JSON, {@code ["hl7" or "read", text]}, and answers each with a line: for {@code hl7} the Turtle
 * that HL7's own library makes of a resource in JSON, for {@code read} the JSON that HAPI FHIR reads from Turtle.
 */
public final class Rdf {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BASE = "http://example.org/fhir";

  private Rdf() {}

  /** Answers line by line until standard input ends. */
  public static void main(String[] args) throws Exception {
    PrintStream answers = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    System.setOut(System.err);
    boolean isR4 = args[0].equals("R4");
    FhirContext context = isR4 ? FhirContext.forR4() : FhirContext.forR5();
    DefaultProfileValidationSupport support = new DefaultProfileValidationSupport(context);
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] asked = JSON.readValue(line, String[].class);
      String answer;
      if (asked[0].equals("read")) {
        answer = context.newJsonParser().encodeResourceToString(context.newRDFParser().parseResource(asked[1]));
      } else {
        answer = isR4 ? turtleOfR4(context, support, asked[1]) : turtleOfR5(support, asked[1]);
      }
      answers.println(JSON.writeValueAsString(answer));
    }
  }

  private static String turtleOfR5(DefaultProfileValidationSupport support, String json) throws Exception {
    var context = WorkerContextValidationSupportAdapter.newVersionSpecificWorkerContextWrapper(support);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    var element = new org.hl7.fhir.r5.elementmodel.JsonParser(context).parse(in(json)).get(0).getElement();
    var style = org.hl7.fhir.r5.formats.IParser.OutputStyle.NORMAL;
    new org.hl7.fhir.r5.elementmodel.TurtleParser(context).compose(element, out, style, BASE);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String turtleOfR4(FhirContext hapi, DefaultProfileValidationSupport support, String json)
      throws Exception {
    var context = withSnapshots(new HapiWorkerContext(hapi, support));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    var element = new org.hl7.fhir.r4.elementmodel.JsonParser(context).parse(in(json));
    var style = org.hl7.fhir.r4.formats.IParser.OutputStyle.NORMAL;
    new org.hl7.fhir.r4.elementmodel.TurtleParser(context).compose(element, out, style, BASE);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static ByteArrayInputStream in(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Returns a context that is asked for snapshots that all its definitions have, and refuses. */
  private static org.hl7.fhir.r4.context.IWorkerContext withSnapshots(HapiWorkerContext context) {
    Class<?>[] types = {org.hl7.fhir.r4.context.IWorkerContext.class};
    return (org.hl7.fhir.r4.context.IWorkerContext)
        Proxy.newProxyInstance(
            Rdf.class.getClassLoader(),
            types,
            (proxy, method, arguments) -> {
              if (method.getName().equals("generateSnapshot")) {
                return null;
              }
              try {
                return method.invoke(context, arguments);
              } catch (InvocationTargetException wrapped) {
                throw wrapped.getCause();
              }
            });
  }
}
