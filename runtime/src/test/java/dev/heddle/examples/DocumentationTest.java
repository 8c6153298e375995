package dev.heddle.examples;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every line of Java in the documents stands, in the same order, in the examples that are compiled and run. */
final class DocumentationTest {
    private static final Path ROOT = Path.of(System.getProperty("heddle.root"));
    private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

    @Test
    void theSnippetsAreThoseThatAreTested() throws IOException {
        String examples =
                squeeze(Files.readString(ROOT.resolve("runtime/src/test/java/dev/heddle/examples/ExamplesTest.java")));
        int snippets = 0;
        for (Path document : documents()) {
            Matcher block = JAVA_BLOCK.matcher(Files.readString(document));
            while (block.find()) {
                snippets++;
                assertTrue(
                        examples.contains(squeeze(block.group(1))),
                        () -> document + " has a snippet that ExamplesTest has not:\n" + block.group(1));
            }
        }
        assertTrue(snippets >= 5, snippets + " snippets were found");
    }

    @Test
    void everyRelativeLinkLeadsToAFile() throws IOException {
        Pattern link = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)(#[^)]*)?\\)");
        for (Path document : documents()) {
            Matcher found = link.matcher(Files.readString(document));
            while (found.find()) {
                Path target = document.resolveSibling(found.group(1));
                assertTrue(Files.exists(target), () -> document + " links to " + target + ", which is not there");
            }
        }
    }

    private static Iterable<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"));
                Stream<Path> top = Files.list(ROOT)) {
            return Stream.concat(docs, top)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList();
        }
    }

    /** Indentation and line breaks differ between a page and a class. */
    private static String squeeze(String text) {
        return text.replaceAll("\\s+", " ").strip();
    }
}
