package dev.heddle.affinity.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.heddle.affinity.internal.generated.Libc;
import java.io.IOException;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class BindingsTest {
    @Test
    void theCommittedBindingsAreTheSymbolListNoMoreAndNoLess() throws IOException {
        Set<String> bound = Stream.of(Libc.class.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(Method::getName)
                .map(name -> name.replaceFirst("\\$(descriptor|handle|address)$", ""))
                .collect(Collectors.toCollection(TreeSet::new));
        for (Class<?> variadic : Libc.class.getClasses()) {
            bound.add(variadic.getSimpleName());
        }
        Set<String> listed = new TreeSet<>(listed("--include-function"));
        listed.addAll(listed("--include-constant"));
        assertEquals(listed, bound, "run jextract/regenerate.sh and commit what it writes");
    }

    @Test
    void everyListedFunctionIsLookedForBeforeTheFirstCall() throws IOException {
        assertEquals(listed("--include-function"), new TreeSet<>(LibcLinks.SYMBOLS));
    }

    @Test
    void aCLibraryWithoutAFunctionIsNamedAsSuch() {
        SymbolLookup libc = Linker.nativeLinker().defaultLookup();
        LibcLinks.requireSymbols(libc);
        SymbolLookup old = name -> name.equals("gettid") ? Optional.empty() : libc.find(name);
        UnsupportedOperationException e =
                assertThrows(UnsupportedOperationException.class, () -> LibcLinks.requireSymbols(old));
        assertTrue(String.valueOf(e.getMessage()).contains("gettid"), e.getMessage());
    }

    @Test
    void aKernelThatDoesNotTellTheCpuIsNotAskedAgain() {
        MethodHandle refused = MethodHandles.constant(int.class, -1);
        MethodHandle answered = MethodHandles.constant(int.class, 0);

        assertNull(LibcLinks.unlessRefused(refused));
        assertSame(answered, LibcLinks.unlessRefused(answered));
        String message = String.valueOf(LibcLinks.cpuUnknown().getMessage());
        assertTrue(message.contains("sched_getcpu"), message);
    }

    @Test
    void theErrorNumbersAreThoseOfTheHeaders() throws ReflectiveOperationException, IOException {
        for (String name : listed("--include-constant")) {
            if (name.startsWith("E")) {
                int number = (int) Libc.class.getMethod(name).invoke(null);
                assertEquals(number, Errno.class.getDeclaredField(name).getInt(null), name);
                assertEquals(name, Errno.name(number));
            }
        }
        assertEquals("errno 77", Errno.name(77));
    }

    private static Set<String> listed(String option) throws IOException {
        Path list = Path.of(System.getProperty("heddle.root"), "jextract", "symbols.txt");
        try (Stream<String> lines = Files.lines(list)) {
            return lines.filter(line -> line.startsWith(option + " "))
                    .map(line -> line.substring(option.length() + 1))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
