package dev.heddle.cli;

import dev.heddle.runtime.Placement;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads a placement, and lets the parser say what is wrong with a malformed one. */
final class PlacementConverter implements ITypeConverter<Placement> {
    /** What the help says of the text. */
    static final String HELP =
            "Linux CPU numbers, 0-3,8 or 0-31:2 or 0xff, or a placement: all, one-per-core, spread:N, pack:N,"
                    + " node:K, isolated, kind:performance, kind:efficiency, excluding:LIST, or several with / between them."
                    + " Default: what HEDDLE_CORES says, a count or such a text, or all that the process may use.";

    @Override
    public Placement convert(String text) {
        try {
            return Placement.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
