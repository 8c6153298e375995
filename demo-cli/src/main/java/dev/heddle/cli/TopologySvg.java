package dev.heddle.cli;

import dev.heddle.affinity.CpuSet;
import dev.heddle.topology.CpuTopology;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/** Draws a machine as SVG: boxes in boxes, a field for each CPU. */
final class TopologySvg {
    private static final String NAMESPACE = "http://www.w3.org/2000/svg";
    private static final int CPU_HEIGHT = 26;
    private static final int GAP = 8;
    private static final int TITLE = 20;
    private static final int LEGEND = 46;

    /** The width that the boxes in a group fill before they go on in a row below: more for a group of groups. */
    private static final int ROW_OF_CORES = 420;

    private static final int ROW_OF_GROUPS = 1000;

    private static final String STYLE = """
            text { font: 12px ui-sans-serif, system-ui, sans-serif; fill: #1b1f24; }
            .title { font-weight: 600; }
            .note { fill: #57606a; }
            .group { fill: #f6f8fa; stroke: #8c959f; }
            .inner { fill: #ffffff; stroke: #afb8c1; }
            .core { fill: #ffffff; stroke: #57606a; }
            .cpu { fill: #cfe8ff; }
            .performance { fill: #b6e3c6; }
            .efficiency { fill: #e3ddfb; }
            .isolated { fill: #ffd8a8; }
            .forbidden { fill: #e6e8eb; }
            .forbidden-number { fill: #8c959f; text-decoration: line-through; }
            .number { text-anchor: middle; font-variant-numeric: tabular-nums; }
            """;

    /** Something to draw, whose size is known before its place. */
    private interface Box {
        int width();

        int height();

        void draw(int x, int y) throws XMLStreamException;
    }

    private final CpuTopology machine;
    private final CpuMarks marks;
    private final XMLStreamWriter xml;
    private final int cpuWidth;

    private TopologySvg(CpuTopology machine, XMLStreamWriter xml) {
        this.machine = machine;
        this.marks = new CpuMarks(machine);
        this.xml = xml;
        this.cpuWidth = 16 + 8 * String.valueOf(machine.online().last()).length();
    }

    static void write(PrintWriter out, CpuTopology machine) throws IOException {
        try {
            XMLStreamWriter xml = XMLOutputFactory.newFactory().createXMLStreamWriter(out);
            new TopologySvg(machine, xml).write();
            xml.flush();
        } catch (XMLStreamException e) {
            throw new IOException("the drawing could not be written: " + e.getMessage(), e);
        }
        out.println();
    }

    private void write() throws XMLStreamException {
        Box whole = group(MachineTree.of(machine), 0);
        int width = Math.max(whole.width(), 660) + 2 * GAP;
        int height = whole.height() + LEGEND + 2 * GAP;
        xml.writeStartElement("svg");
        xml.writeDefaultNamespace(NAMESPACE);
        attributes("width", width, "height", height, "viewBox", "0 0 " + width + " " + height, "role", "img");
        element("title", "The CPUs of a machine: " + machine);
        element("style", STYLE);
        rectangle(0, 0, width, height, 0, "inner");
        whole.draw(GAP, GAP);
        legend(GAP, whole.height() + 2 * GAP);
        xml.writeEndElement();
    }

    private Box group(MachineTree.Group group, int depth) {
        List<Box> inside = new ArrayList<>();
        group.cores().forEach(core -> inside.add(core(core)));
        for (MachineTree.Group each : group.groups()) {
            inside.add(group(each, depth + 1));
        }
        String title = group.title();
        int rowWidth = group.groups().isEmpty() ? ROW_OF_CORES : Math.max(ROW_OF_CORES, ROW_OF_GROUPS - 60 * depth);
        return new Flow(title, inside, rowWidth, depth);
    }

    /** Boxes in rows below a title, with a frame around them. */
    private final class Flow implements Box {
        private final String title;
        private final List<List<Box>> rows = new ArrayList<>();
        private final int depth;

        Flow(String title, List<Box> inside, int rowWidth, int depth) {
            this.title = title;
            this.depth = depth;
            List<Box> row = new ArrayList<>();
            for (Box box : inside) {
                if (!row.isEmpty() && rowWidth(row) + GAP + box.width() > rowWidth) {
                    rows.add(row);
                    row = new ArrayList<>();
                }
                row.add(box);
            }
            rows.add(row);
        }

        private static int rowWidth(List<Box> row) {
            return row.stream().mapToInt(Box::width).sum() + GAP * Math.max(0, row.size() - 1);
        }

        private static int rowHeight(List<Box> row) {
            return row.stream().mapToInt(Box::height).max().orElse(0);
        }

        @Override
        public int width() {
            int widest = rows.stream().mapToInt(Flow::rowWidth).max().orElse(0);
            return Math.max(widest, 8 * title.length()) + 2 * GAP;
        }

        @Override
        public int height() {
            return TITLE + rows.stream().mapToInt(row -> rowHeight(row) + GAP).sum() + GAP / 2;
        }

        @Override
        public void draw(int x, int y) throws XMLStreamException {
            rectangle(x, y, width(), height(), 6, depth % 2 == 0 ? "group" : "inner");
            text(x + GAP, y + TITLE - 4, "title", title);
            int top = y + TITLE + GAP / 2;
            for (List<Box> row : rows) {
                int left = x + GAP;
                for (Box box : row) {
                    box.draw(left, top);
                    left += box.width() + GAP;
                }
                top += rowHeight(row) + GAP;
            }
        }
    }

    private Box core(CpuSet core) {
        return new Box() {
            @Override
            public int width() {
                return core.size() * (cpuWidth + 2) + 6;
            }

            @Override
            public int height() {
                return CPU_HEIGHT + 8;
            }

            @Override
            public void draw(int x, int y) throws XMLStreamException {
                rectangle(x, y, width(), height(), 4, "core");
                int left = x + 4;
                for (int cpu : core) {
                    cpu(left, y + 4, cpu, core);
                    left += cpuWidth + 2;
                }
            }
        };
    }

    private void cpu(int x, int y, int cpu, CpuSet core) throws XMLStreamException {
        String kind = !marks.isAllowed(cpu)
                ? "forbidden"
                : marks.isIsolated(cpu)
                        ? "isolated"
                        : marks.isPerformance(core) ? "performance" : marks.isEfficiency(core) ? "efficiency" : "cpu";
        rectangle(x, y, cpuWidth, CPU_HEIGHT, 3, kind);
        text(
                x + cpuWidth / 2,
                y + CPU_HEIGHT / 2 + 4,
                marks.isAllowed(cpu) ? "number" : "number forbidden-number",
                String.valueOf(cpu));
    }

    private void legend(int x, int y) throws XMLStreamException {
        text(x, y + 12, "note", machine.toString());
        List<String> kinds = new ArrayList<>();
        if (marks.hasKinds()) {
            kinds.addAll(List.of("performance", "efficiency"));
        } else {
            kinds.add("cpu");
        }
        if (machine.isolated().intersects(machine.allowed())) {
            kinds.add("isolated");
        }
        if (!machine.allowed().containsAll(machine.online())) {
            kinds.add("forbidden");
        }
        int left = x;
        for (String kind : kinds) {
            String label = kind.equals("forbidden") ? "not allowed" : kind.equals("cpu") ? "CPU" : kind;
            rectangle(left, y + 24, 14, 14, 3, kind);
            text(left + 20, y + 35, "note", label);
            left += 40 + 8 * label.length();
        }
        text(left, y + 35, "note", "one frame: a physical core with its SMT siblings");
    }

    private void rectangle(int x, int y, int width, int height, int radius, String kind) throws XMLStreamException {
        xml.writeEmptyElement("rect");
        attributes("x", x, "y", y, "width", width, "height", height, "rx", radius, "class", kind);
    }

    private void text(int x, int y, String kind, String text) throws XMLStreamException {
        xml.writeStartElement("text");
        attributes("x", x, "y", y, "class", kind);
        xml.writeCharacters(text);
        xml.writeEndElement();
    }

    private void element(String name, String text) throws XMLStreamException {
        xml.writeStartElement(name);
        xml.writeCharacters(text);
        xml.writeEndElement();
    }

    private void attributes(Object... namesAndValues) throws XMLStreamException {
        for (int i = 0; i < namesAndValues.length; i += 2) {
            xml.writeAttribute(namesAndValues[i].toString(), namesAndValues[i + 1].toString());
        }
    }
}
