import com.android.tools.build.bundletool.commands.ExtractApksCommand;
import com.android.tools.build.bundletool.device.DeviceSpecParser;
import com.google.common.collect.ImmutableSet;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.stream.Collectors;

/**
 * Runs bundletool's extract-apks many times in one process. A device spec may leave out any of its fields.
 *
 * <p>A line of input is the folder of a set's table of contents, a device spec and, with commas, the modules asked for
 * (tabs between); a line of output is FIT and the paths chosen, or REFUSED, the kind of exception and its first line.
 */
public final class Extractor {
  public static void main(String[] arguments) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err);
    BufferedReader requests = new BufferedReader(new InputStreamReader(System.in));
    for (String line = requests.readLine(); line != null; line = requests.readLine()) {
      answers.println(answer(line.split("\t", -1)));
    }
  }

  private static String answer(String[] request) {
    Path set = Path.of(request[0]);
    try {
      ExtractApksCommand.Builder command =
          ExtractApksCommand.builder()
              .setApksArchivePath(set)
              .setDeviceSpec(DeviceSpecParser.parsePartialDeviceSpec(Path.of(request[1])));
      if (!request[2].isEmpty()) {
        command.setModules(ImmutableSet.copyOf(request[2].split(",")));
      }
      return command.build().execute().stream()
          .map(path -> "\t" + set.relativize(path))
          .collect(Collectors.joining("", "FIT", ""));
    } catch (RuntimeException refusal) {
      String message = String.valueOf(refusal.getMessage()).lines().findFirst().orElse("");
      return "REFUSED\t" + refusal.getClass().getSimpleName() + "\t" + message.replace('\t', ' ');
    }
  }
}
