import com.pixelmed.validate.DicomSRValidator;
import java.io.BufferedReader;
import java.io.InputStreamReader;

/** Has PixelMed validate files, a path on a line each, in one run: its rules take longer to load than a file takes. */
public final class Validate {
    public static void main(String[] args) throws Exception {
        DicomSRValidator validator = new DicomSRValidator();
        BufferedReader paths = new BufferedReader(new InputStreamReader(System.in));
        for (String path = paths.readLine(); path != null; path = paths.readLine()) {
            // Describe nothing; match the case of meanings; skip ambiguous templates and order; check template IDs.
            System.out.println(validator.validate(path, false, true, false, false, true));
            System.out.println("END OF FILE");
        }
    }
}
