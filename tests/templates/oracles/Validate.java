import com.pixelmed.validate.DicomSRValidator;

/** Has PixelMed validate many files in one run: its rules take longer to load than a file takes. */
public final class Validate {
    public static void main(String[] paths) throws Exception {
        DicomSRValidator validator = new DicomSRValidator();
        for (String path : paths) {
            System.out.println("FILE " + path);
            // Describe nothing; match the case of meanings; skip ambiguous templates and order; check template IDs.
            System.out.println(validator.validate(path, false, true, false, false, true));
        }
    }
}
