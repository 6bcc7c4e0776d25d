import com.pixelmed.validate.DicomSRValidator;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Field;
import java.net.URI;
import javax.xml.transform.Source;
import javax.xml.transform.Transformer;
import javax.xml.transform.URIResolver;

/** Has PixelMed validate files, a path on a line each, in one run: its rules take longer to load than a file takes. */
public final class Validate {
    public static void main(String[] args) throws Exception {
        DicomSRValidator validator = new DicomSRValidator();
        keepDocuments(validator);
        BufferedReader paths = new BufferedReader(new InputStreamReader(System.in));
        for (String path = paths.readLine(); path != null; path = paths.readLine()) {
            // Describe nothing; match the case of meanings; skip ambiguous templates and order; check template IDs.
            System.out.println(validator.validate(path, false, true, false, false, true));
            System.out.println("END OF FILE");
        }
    }

    /**
     * Has the context groups parsed once for a file and not for each item: Java's stylesheets know a document again by
     * its system identifier, and PixelMed gives it none.
     */
    private static void keepDocuments(DicomSRValidator validator) throws ReflectiveOperationException {
        Field field = DicomSRValidator.class.getDeclaredField("transformerPass1");
        field.setAccessible(true);
        Transformer rules = (Transformer) field.get(validator);
        URIResolver resolver = rules.getURIResolver();
        rules.setURIResolver(
                (name, base) -> {
                    Source document = resolver.resolve(name, base);
                    document.setSystemId(base.isEmpty() ? name : URI.create(base).resolve(name).toString());
                    return document;
                });
    }
}
