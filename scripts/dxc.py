"""Compiles shaders in HLSL with Microsoft's DXC: dxc.py LIBRARY DIRECTORY

Each NAME.hlsl in DIRECTORY has the entry point NAME, a compute shader of model 6.0. What DXC refuses is printed with its reason, and the exit
code is 1. LIBRARY is libdxcompiler.so; it has no C interface, so that its objects are called through their tables of functions.
"""

import ctypes
import pathlib
import sys
import uuid

COMPILER = "73e22d93-e6ce-47f3-b5bf-f0664f39c1b0"
INTERFACE = "228b4687-5a6a-4730-900c-9702b2203f54"  # IDxcCompiler3
RESULT = "58346cda-dde7-4497-9461-6f87af5e0659"  # IDxcResult
UTF8 = 65001
# Places in the tables: after QueryInterface, AddRef, Release and two destructors come the functions of the interface itself.
RELEASE = 2
COMPILE = 5
STATUS, ERRORS = 5, 7
POINTER, SIZE = 5, 6


def guid(text):
    return ctypes.create_string_buffer(uuid.UUID(text).bytes_le, 16)


def call(thing, place, *arguments, result=ctypes.c_int32):
    """Calls the function at a place in the table of an object."""
    table = ctypes.cast(thing, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p))).contents
    function = ctypes.CFUNCTYPE(result, ctypes.c_void_p, *[type(argument) for argument in arguments])(table[place])
    return function(thing, *arguments)


class Source(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char_p), ("size", ctypes.c_size_t), ("encoding", ctypes.c_uint32)]


def compile_one(compiler, text, name):
    """Compiles a shader; the reason if it is refused."""
    words = ["-E", name, "-T", "cs_6_0"]
    arguments = (ctypes.c_wchar_p * len(words))(*words)
    source = Source(text, len(text), UTF8)
    result = ctypes.c_void_p()
    failed = call(
        compiler,
        COMPILE,
        ctypes.cast(ctypes.pointer(source), ctypes.c_void_p),
        ctypes.cast(arguments, ctypes.c_void_p),
        ctypes.c_uint32(len(words)),
        ctypes.c_void_p(),
        ctypes.cast(guid(RESULT), ctypes.c_void_p),
        ctypes.cast(ctypes.pointer(result), ctypes.c_void_p),
    )
    if failed:
        return f"the compiler itself failed: {failed & 0xFFFFFFFF:08x}"
    status = ctypes.c_int32()
    call(result, STATUS, ctypes.cast(ctypes.pointer(status), ctypes.c_void_p))
    if status.value >= 0:
        call(result, RELEASE)
        return None
    errors = ctypes.c_void_p()
    call(result, ERRORS, ctypes.cast(ctypes.pointer(errors), ctypes.c_void_p))
    size = call(errors, SIZE, result=ctypes.c_size_t)
    return ctypes.string_at(call(errors, POINTER, result=ctypes.c_void_p), size).decode(errors="replace")


def main():
    library, directory = sys.argv[1:]
    create = ctypes.CDLL(library).DxcCreateInstance
    compiler = ctypes.c_void_p()
    if create(guid(COMPILER), guid(INTERFACE), ctypes.byref(compiler)):
        sys.exit(f"{library} makes no compiler")
    refused = 0
    shaders = sorted(pathlib.Path(directory).glob("*.hlsl"))
    for path in shaders:
        reason = compile_one(compiler, path.read_bytes(), path.stem)
        if reason:
            refused += 1
            print(f"{path.stem}: {reason}")
    print(f"{len(shaders)} shaders, {refused} refused")
    sys.exit(refused > 0)


main()
