package dev.heddle.runtime.internal.placement;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CoreKind.Tier;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Reads the text of a placement: {@code step *( "/" step )}. */
public final class PlacementParser {
    private static final int MAX_DIGITS = 9;

    private PlacementParser() {}

    /** Reads all steps, at least one. */
    public static List<PlacementStep> parse(String text) {
        List<PlacementStep> steps = new ArrayList<>();
        for (String part : text.split("/", -1)) {
            try {
                steps.add(step(part.strip()));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("malformed placement '" + text + "': " + e.getMessage(), e);
            }
        }
        return steps;
    }

    private static PlacementStep step(String text) {
        int colon = text.indexOf(':');
        boolean isList = text.isEmpty() || Character.isDigit(text.charAt(0));
        if (isList) {
            return PlacementStep.cpus(list(text, text));
        }
        String word = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(colon + 1);
        PlacementStep step = switch (word.toLowerCase(Locale.ROOT)) {
            case "all" -> PlacementStep.all();
            case "one-per-core" -> PlacementStep.onePerPhysicalCore();
            case "isolated" -> PlacementStep.isolated();
            case "spread" -> PlacementStep.spread(number(text, value));
            case "pack" -> PlacementStep.pack(number(text, value));
            case "node" -> PlacementStep.numaNode(number(text, value));
            case "kind" -> PlacementStep.kind(tier(text, value));
            case "excluding" -> PlacementStep.excluding(list(text, value));
            default ->
                throw new IllegalArgumentException("'" + text + "' is none of "
                        + String.join(", ", PlacementStep.forms()) + ", with / between several");
        };
        boolean takesNone = List.of("all", "one-per-core", "isolated").contains(step.text());
        if (takesNone && colon >= 0) {
            throw new IllegalArgumentException("'" + word + "' takes no value, '" + value + "' was given");
        }
        return step;
    }

    private static int number(String step, String value) {
        boolean digits = !value.isEmpty() && value.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits || value.length() > MAX_DIGITS) {
            throw new IllegalArgumentException("'" + step + "' needs a number after the colon, as in "
                    + step.replaceFirst(":.*", "") + ":1, not '" + value + "'");
        }
        return Integer.parseInt(value);
    }

    private static Tier tier(String step, String value) {
        for (Tier tier : Tier.values()) {
            if (tier.name().equalsIgnoreCase(value)) {
                return tier;
            }
        }
        throw new IllegalArgumentException(
                "'" + step + "' names no kind: there are kind:performance and kind:efficiency");
    }

    private static CpuSet list(String step, String value) {
        CpuSet cpus = CpuSet.parse(value);
        if (cpus.isEmpty()) {
            throw new IllegalArgumentException(
                    step.isEmpty()
                            ? "it is empty: give a list of CPUs or "
                                    + String.join(
                                            ", ",
                                            PlacementStep.forms()
                                                    .subList(
                                                            1,
                                                            PlacementStep.forms()
                                                                    .size()))
                            : "'" + step + "' names no CPU");
        }
        return cpus;
    }
}
