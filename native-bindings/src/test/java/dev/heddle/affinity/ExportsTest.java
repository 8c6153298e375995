package dev.heddle.affinity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

final class ExportsTest {
    @Test
    void onlyWhatAUserNamesIsExported() throws Exception {
        Path classes = Path.of(
                CpuSet.class.getProtectionDomain().getCodeSource().getLocation().toURI());
        ModuleDescriptor module = ModuleFinder.of(classes)
                .find("dev.heddle.affinity")
                .orElseThrow()
                .descriptor();
        assertEquals(
                Set.of("dev.heddle.affinity"),
                module.exports().stream()
                        .filter(export -> !export.isQualified())
                        .map(ModuleDescriptor.Exports::source)
                        .collect(Collectors.toSet()));
        assertEquals(Set.of(), module.opens());
    }
}
