import io.xlate.edi.schema.Schema;
import io.xlate.edi.schema.SchemaFactory;
import io.xlate.edi.stream.EDIInputFactory;
import io.xlate.edi.stream.EDIStreamReader;
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** MODE FILE SCHEMAS: reads a file with StAEDI, asking for the text of each element, or validating; prints JSON. */
public class Staedi {
    public static void main(String[] arguments) throws Exception {
        boolean validate = arguments[0].equals("validate");
        Map<String, Schema> schemas = new HashMap<>();
        if (validate) {
            for (String name : new String[] {"INVOIC", "ORDERS", "DESADV"}) {
                try (FileInputStream in = new FileInputStream(arguments[2] + "/" + name + ".xml")) {
                    schemas.put(name, SchemaFactory.newFactory().createSchema(in));
                }
            }
        }
        long start = System.nanoTime();
        long segments = 0, errors = 0, length = 0;
        String first = "";
        try (FileInputStream in = new FileInputStream(arguments[1])) {
            EDIStreamReader reader = EDIInputFactory.newFactory().createEDIStreamReader(new java.io.BufferedInputStream(in, 1 << 16), "ISO-8859-1");
            boolean header = false;
            while (reader.hasNext()) {
                switch (reader.next()) {
                    case START_TRANSACTION:
                        header = true;
                        break;
                    case START_SEGMENT:
                        segments++;
                        break;
                    case ELEMENT_DATA:
                        String text = reader.getText();
                        length += text.length();
                        if (header && validate && schemas.containsKey(text)) {
                            reader.setTransactionSchema(schemas.get(text));
                            header = false;
                        }
                        break;
                    case SEGMENT_ERROR:
                    case ELEMENT_OCCURRENCE_ERROR:
                    case ELEMENT_DATA_ERROR:
                        errors++;
                        if (first.isEmpty()) {
                            first = reader.getErrorType() + " at " + reader.getLocation();
                        }
                        break;
                    default:
                        break;
                }
            }
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        String status = Files.readString(Path.of("/proc/self/status"));
        double peak = Double.parseDouble(status.split("VmHWM:")[1].trim().split("\\s+")[0]) / 1024;
        System.out.println("{\"seconds\": " + seconds + ", \"peak\": " + peak + ", \"counted\": " + segments + ", \"errors\": " + errors + ", \"first\": \"" + first.replace('"', ' ').replace('\n', ' ') + "\"}");
    }
}
