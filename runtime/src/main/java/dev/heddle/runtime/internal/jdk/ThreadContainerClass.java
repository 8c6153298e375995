package dev.heddle.runtime.internal.jdk;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;

/**
 * The bytes of a class that cannot be compiled here, for the one that it extends is the JDK's own:
 *
 * <pre>{@code
 * package java.lang;
 *
 * public final class HeddleThreadContainer extends jdk.internal.vm.ThreadContainer {
 *     private final String name;
 *     private final Supplier threads;
 *
 *     public HeddleThreadContainer(String name, Supplier threads) {
 *         super(true); // shared: no thread owns it
 *         this.name = name;
 *         this.threads = threads;
 *         jdk.internal.vm.ThreadContainers.registerContainer(this);
 *     }
 *
 *     public String name() {
 *         return name;
 *     }
 *
 *     public Stream threads() {
 *         return (Stream) threads.get();
 *     }
 *
 *     public long threadCount() {
 *         return threads().count();
 *     }
 *
 *     static MethodHandles.Lookup lookup() { // not public: it opens all of java.base to who has it
 *         return MethodHandles.lookup();
 *     }
 * }
 * }</pre>
 *
 * <p>No method has a branch, so that none needs a stack map.
 */
final class ThreadContainerClass {
    static final String NAME = "java.lang.HeddleThreadContainer";

    private static final String SELF = NAME.replace('.', '/');
    private static final String SUPER = "jdk/internal/vm/ThreadContainer";
    private static final String REGISTRY = "jdk/internal/vm/ThreadContainers";
    private static final String STRING = "Ljava/lang/String;";
    private static final String SUPPLIER = "Ljava/util/function/Supplier;";
    private static final String STREAM = "java/util/stream/Stream";
    private static final String LOOKUP = "()Ljava/lang/invoke/MethodHandles$Lookup;";

    private static final int MAGIC = 0xCAFEBABE;
    private static final int JAVA_22 = 66;

    private static final int ACC_PUBLIC = 0x0001;
    private static final int ACC_PRIVATE = 0x0002;
    private static final int ACC_STATIC = 0x0008;
    private static final int ACC_FINAL = 0x0010;
    private static final int ACC_SUPER = 0x0020;

    private static final int UTF8 = 1;
    private static final int CLASS = 7;
    private static final int FIELD = 9;
    private static final int METHOD = 10;
    private static final int INTERFACE_METHOD = 11;
    private static final int NAME_AND_TYPE = 12;

    private static final int ICONST_1 = 0x04;
    private static final int ALOAD_0 = 0x2a;
    private static final int ALOAD_1 = 0x2b;
    private static final int ALOAD_2 = 0x2c;
    private static final int POP = 0x57;
    private static final int LRETURN = 0xad;
    private static final int ARETURN = 0xb0;
    private static final int RETURN = 0xb1;
    private static final int GETFIELD = 0xb4;
    private static final int PUTFIELD = 0xb5;
    private static final int INVOKEVIRTUAL = 0xb6;
    private static final int INVOKESPECIAL = 0xb7;
    private static final int INVOKESTATIC = 0xb8;
    private static final int INVOKEINTERFACE = 0xb9;
    private static final int CHECKCAST = 0xc0;

    private static final int MAX_STACK = 2;
    private static final int MAX_LOCALS = 3;

    private final ByteArrayOutputStream poolBytes = new ByteArrayOutputStream();
    private final DataOutputStream pool = new DataOutputStream(poolBytes);
    private final Map<String, Integer> inPool = new HashMap<>();

    private ThreadContainerClass() {}

    static byte[] bytes() {
        try {
            return new ThreadContainerClass().write();
        } catch (IOException e) {
            throw new UncheckedIOException("bytes are written to memory", e);
        }
    }

    private byte[] write() throws IOException {
        ByteArrayOutputStream bodyBytes = new ByteArrayOutputStream();
        DataOutputStream body = new DataOutputStream(bodyBytes);
        body.writeShort(ACC_PUBLIC | ACC_FINAL | ACC_SUPER);
        body.writeShort(type(SELF));
        body.writeShort(type(SUPER));
        body.writeShort(0); // interfaces
        body.writeShort(2); // fields
        writeField(body, "name", STRING);
        writeField(body, "threads", SUPPLIER);
        body.writeShort(5); // methods
        writeMethod(body, ACC_PUBLIC, "<init>", "(" + STRING + SUPPLIER + ")V", code -> {
            code.write(ALOAD_0);
            code.write(ICONST_1);
            code.write(INVOKESPECIAL);
            code.writeShort(member(METHOD, SUPER, "<init>", "(Z)V"));
            code.write(ALOAD_0);
            code.write(ALOAD_1);
            code.write(PUTFIELD);
            code.writeShort(member(FIELD, SELF, "name", STRING));
            code.write(ALOAD_0);
            code.write(ALOAD_2);
            code.write(PUTFIELD);
            code.writeShort(member(FIELD, SELF, "threads", SUPPLIER));
            code.write(ALOAD_0);
            code.write(INVOKESTATIC);
            code.writeShort(member(METHOD, REGISTRY, "registerContainer", "(L" + SUPER + ";)Ljava/lang/Object;"));
            code.write(POP);
            code.write(RETURN);
        });
        writeMethod(body, ACC_PUBLIC, "name", "()" + STRING, code -> {
            code.write(ALOAD_0);
            code.write(GETFIELD);
            code.writeShort(member(FIELD, SELF, "name", STRING));
            code.write(ARETURN);
        });
        writeMethod(body, ACC_PUBLIC, "threads", "()L" + STREAM + ";", code -> {
            code.write(ALOAD_0);
            code.write(GETFIELD);
            code.writeShort(member(FIELD, SELF, "threads", SUPPLIER));
            writeInterfaceCall(code, "java/util/function/Supplier", "get", "()Ljava/lang/Object;");
            code.write(CHECKCAST);
            code.writeShort(type(STREAM));
            code.write(ARETURN);
        });
        writeMethod(body, ACC_PUBLIC, "threadCount", "()J", code -> {
            code.write(ALOAD_0);
            code.write(INVOKEVIRTUAL);
            code.writeShort(member(METHOD, SELF, "threads", "()L" + STREAM + ";"));
            writeInterfaceCall(code, STREAM, "count", "()J");
            code.write(LRETURN);
        });
        writeMethod(body, ACC_STATIC, "lookup", LOOKUP, code -> {
            code.write(INVOKESTATIC);
            code.writeShort(member(METHOD, "java/lang/invoke/MethodHandles", "lookup", LOOKUP));
            code.write(ARETURN);
        });
        body.writeShort(0); // attributes

        ByteArrayOutputStream all = new ByteArrayOutputStream();
        DataOutputStream file = new DataOutputStream(all);
        file.writeInt(MAGIC);
        file.writeShort(0);
        file.writeShort(JAVA_22);
        file.writeShort(inPool.size() + 1);
        poolBytes.writeTo(file);
        bodyBytes.writeTo(file);
        return all.toByteArray();
    }

    private void writeField(DataOutputStream body, String name, String descriptor) throws IOException {
        body.writeShort(ACC_PRIVATE | ACC_FINAL);
        body.writeShort(utf8(name));
        body.writeShort(utf8(descriptor));
        body.writeShort(0); // attributes
    }

    private void writeMethod(DataOutputStream body, int access, String name, String descriptor, Code code)
            throws IOException {
        ByteArrayOutputStream instructions = new ByteArrayOutputStream();
        code.writeTo(new DataOutputStream(instructions));
        body.writeShort(access);
        body.writeShort(utf8(name));
        body.writeShort(utf8(descriptor));
        body.writeShort(1); // attributes
        body.writeShort(utf8("Code"));
        body.writeInt(Short.BYTES + Short.BYTES + Integer.BYTES + instructions.size() + Short.BYTES + Short.BYTES);
        body.writeShort(MAX_STACK);
        body.writeShort(MAX_LOCALS);
        body.writeInt(instructions.size());
        instructions.writeTo(body);
        body.writeShort(0); // exception handlers
        body.writeShort(0); // attributes
    }

    private void writeInterfaceCall(DataOutputStream code, String owner, String name, String descriptor)
            throws IOException {
        code.write(INVOKEINTERFACE);
        code.writeShort(member(INTERFACE_METHOD, owner, name, descriptor));
        code.write(1); // arguments, with the receiver
        code.write(0);
    }

    private int member(int tag, String owner, String name, String descriptor) throws IOException {
        int type = type(owner);
        int nameAndType = entry(NAME_AND_TYPE, utf8(name), utf8(descriptor));
        return entry(tag, type, nameAndType);
    }

    private int type(String name) throws IOException {
        return entry(CLASS, utf8(name));
    }

    private int entry(int tag, int... others) throws IOException {
        StringBuilder key = new StringBuilder().append(tag);
        for (int other : others) {
            key.append(' ').append(other);
        }
        Integer index = inPool.get(key.toString());
        if (index != null) {
            return index;
        }
        pool.write(tag);
        for (int other : others) {
            pool.writeShort(other);
        }
        return added(key.toString());
    }

    private int utf8(String text) throws IOException {
        String key = UTF8 + text;
        Integer index = inPool.get(key);
        if (index != null) {
            return index;
        }
        pool.write(UTF8);
        pool.writeUTF(text);
        return added(key);
    }

    private int added(String key) {
        int index = inPool.size() + 1;
        inPool.put(key, index);
        return index;
    }

    private interface Code {
        void writeTo(DataOutputStream code) throws IOException;
    }
}
