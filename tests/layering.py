"""The house rules that a machine can check: who may include whom, how long files and functions may be, what the binary
links. Run by tests/run.py."""
import concurrent.futures
import os
import re
import subprocess
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60

# A folder may include from the folders on its right.
MAY_INCLUDE = {
    "core": {"core"},
    "cloud": {"core", "cloud"},
    "cmd": {"core", "cloud", "cmd"},
}
# The rooms of core, each of which may include from those before it. `nn` and `torch` are the engine module's: what the binary
# shares with it is in `engine` and below.
ROOMS = """base sys text net report tensor output image data engine model features ingest store clean eval train manifest run
           pipeline http serve endpoint monitor why""".split()
MODULE_ROOMS = {"nn": {"base", "tensor", "engine", "nn"}, "torch": {"base", "tensor", "engine", "nn", "torch"}}


def sources(*folders):
    for folder in folders:
        for at, _, names in os.walk(os.path.join(ROOT, folder)):
            for name in sorted(names):
                if name.endswith((".cpp", ".h")):
                    yield os.path.relpath(os.path.join(at, name), ROOT)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def long_functions(text):
    """(signature, lines) of each function definition over the limit. A definition starts on a line indented by 0 or 2
    that has a parenthesis, may go on over deeper lines, opens its body with a brace at a line's end, and ends with the
    first line that closes at the definition's own indentation."""
    lines = text.split("\n")
    for start, line in enumerate(lines):
        head = re.match(r"( {0,2})(?! )(?!namespace|struct|class|enum|union|extern|using|if|for|while|switch|return|\}|#|//)\S.*\(", line)
        if not head or line.endswith((";", "= {", "({")):
            continue
        margin, opening = head.group(1), start
        while opening < len(lines) and not lines[opening].endswith(("{", ";", "}")):
            opening += 1
            if opening < len(lines) and not lines[opening].startswith(margin + "  "):
                break
        if opening >= len(lines) or not lines[opening].endswith("{") or "= {" in lines[opening]:
            continue
        for end in range(opening + 1, len(lines)):
            if re.match(margin + r"\S", lines[end]):
                if lines[end].startswith(margin + "}") and end - start + 1 > MAX_FUNCTION_LINES:
                    yield line.strip(), end - start + 1
                break


class Layering(unittest.TestCase):
    mlctl = None

    def test_a_folder_includes_only_what_its_layer_may(self):
        for path in sources("src"):
            room = path.split("/")[1]
            for target in re.findall(r'#include "(\w+)/', read(path)):
                if target in MAY_INCLUDE:
                    self.assertIn(target, MAY_INCLUDE[room], f"{path} includes {target}/")

    def test_a_room_of_the_core_includes_only_rooms_before_it(self):
        for path in sources("src/core"):
            room = path.split("/")[2]
            self.assertIn(room, [*ROOMS, *MODULE_ROOMS], f"{path}: src/core/{room} has no place in the order")
            may = MODULE_ROOMS[room] if room in MODULE_ROOMS else set(ROOMS[:ROOMS.index(room) + 1])
            for target in re.findall(r'#include "core/(\w+)/', read(path)):
                self.assertIn(target, may, f"{path} includes core/{target}/, which stands after {room}")

    def test_the_architecture_page_lists_the_rooms_in_their_order(self):
        page = read("docs/architecture.md").split("in their order:")[1].split("\n\n")[1]
        self.assertEqual(re.findall(r"^\| `(\w+)`", page, re.M), ROOMS)

    def test_only_the_engine_module_sees_torch(self):
        for path in sources("src", "tests"):
            if re.search(r"#include <(torch|ATen|c10)/|#include <dnnl", read(path)):
                self.assertRegex(path, r"^(src/core/torch|tests/torch)/")
            if "core/torch/" in "".join(re.findall(r'#include "[^"]+"', read(path))):
                self.assertRegex(path, r"^(src/core/torch|tests/torch)/")

    def test_cli11_stays_behind_its_facade(self):
        for path in sources("src"):
            if "#include <CLI/" in read(path):
                self.assertEqual(path, "src/cmd/shell/flags.cpp")

    def test_no_file_is_too_long(self):
        for path in sources("src", "tests"):
            self.assertLessEqual(read(path).count("\n"), MAX_FILE_LINES, path)

    def test_no_function_is_too_long(self):
        for path in sources("src"):
            for name, lines in long_functions(read(path)):
                self.fail(f"{path}: {lines} lines: {name}")

    def test_a_name_means_one_type(self):
        """Two types of one name in one namespace are one type to the linker, which keeps the functions of either."""
        defined = {}
        for path in sources("src"):
            if not path.endswith(".h") or re.search("core/(nn|torch)/", path):
                continue
            text = read(path)
            namespace = re.findall(r"^namespace (mlctl[\w:]*) \{", text, re.M)[-1:]
            for name in re.findall(r"^(?:struct|class|enum class) (\w+)[^;\n]*\{", text, re.M):
                other = defined.setdefault((*namespace, name), path)
                self.assertEqual(other, path, f"{name} is defined in both")

    def test_every_header_compiles_alone(self):
        """A header that its source file includes first is compiled alone whenever that is."""
        alone = []
        for path in sources("src"):
            source = os.path.join(ROOT, path[:-2] + ".cpp")
            first = re.search(r'#include ["<]([^">]+)[">]', read(source)) if os.path.exists(source) else None
            if path.endswith(".h") and "core/torch/" not in path and (not first or first[1] != path[len("src/"):]):
                alone.append(path)
        command = ["g++", "-std=c++20", "-fsyntax-only", "-x", "c++", "-I", os.path.join(ROOT, "src")]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            compiled = pool.map(lambda path: subprocess.run([*command, os.path.join(ROOT, path)], capture_output=True, text=True),
                                alone)
        for path, outcome in zip(alone, compiled):
            self.assertEqual(outcome.returncode, 0, f"{path} does not compile alone:\n{outcome.stderr[:2000]}")

    def test_every_command_file_is_listed(self):
        listed = read("src/cmd/commands.cpp")
        for path in sources("src/cmd"):
            for name in re.findall(r"^const Command& (\w+_command)\(\) \{", read(path), re.M):
                self.assertIn(f"&{name}()", listed, f"{path} defines {name} but commands.cpp does not list it")

    def test_the_binary_needs_only_the_c_library(self):
        dynamic = subprocess.run(["readelf", "-d", self.mlctl], capture_output=True, text=True, check=True).stdout
        needed = set(re.findall(r"NEEDED.*\[(.*)\]", dynamic))
        allowed = {"libc.so.6", "libm.so.6", "ld-linux-x86-64.so.2"}
        self.assertEqual(needed - allowed, set())


def suite(mlctl):
    Layering.mlctl = mlctl
    return unittest.defaultTestLoader.loadTestsFromTestCase(Layering)
