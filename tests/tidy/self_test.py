"""Every rule catches its bad example and lets its good one pass."""
import unittest

import documents
import rules


class EveryRule(unittest.TestCase):
    def test_catches_the_bad_and_passes_the_good(self):
        for name, (rule, bad_path, bad, good_path, good) in rules.RULES.items():
            with self.subTest(rule=name):
                self.assertTrue(list(rule(bad_path, bad)), f"{name}: the bad example went through")
                self.assertEqual([], list(rule(good_path, good)), f"{name}: the good example was refused")

    def test_no_other_rule_refuses_a_good_example(self):
        for name, (_, _, _, good_path, good) in rules.RULES.items():
            for rule in rules.checks():
                with self.subTest(example=name, rule=rule.__name__):
                    self.assertEqual([], list(rule(good_path, good)))


class TypesDefinedTwice(unittest.TestCase):
    def test_are_found_across_headers(self):
        texts = {"config/a.hpp": "struct load {\n};\n", "messages/b.hpp": "\nstruct load {\n};\n"}
        self.assertEqual([("messages/b.hpp", 2)], [found[:2] for found in rules.types_defined_twice(texts)])

    def test_declarations_and_inner_types_are_not(self):
        texts = {"http/a.hpp": "class session;\nstruct x {\n  struct inner {\n  };\n};\n",
                 "http/b.hpp": "class session {\n};\nstruct y {\n  struct inner {\n  };\n};\n"}
        self.assertEqual([], list(rules.types_defined_twice(texts)))


class SourcesNotBuilt(unittest.TestCase):
    def test_are_found(self):
        texts = {"core/CMakeLists.txt": "callboard_library(core SOURCES a/x.cpp)\n", "core/a/x.cpp": "", "core/a/y.cpp": "",
                 "core/x.cpp": "", "tests/a.cpp": "", "CMakeLists.txt": "add_executable(t tests/a.cpp)\n"}
        self.assertEqual(["core/a/y.cpp", "core/x.cpp"], [found[0] for found in rules.sources_not_built(texts)])


class Documents(unittest.TestCase):
    TREE = {"core/job/job.hpp": "struct job { void start(); }; // and stop\n", "tests/x.py": "def test_a():\n",
            "tests/core/x_test.cpp": 'TEST_CASE("it holds") {}\n', "docs/b.md": "# One `two` three\n"}

    def found(self, text):
        return [message for _, _, message in documents.check({**self.TREE, "docs/a.md": text})]

    def test_what_is_there_passes(self):
        for text in ("`core/job/job.hpp`", "`core/job/`", "`job.hpp`", "`core/job/job.hpp:start`", "`job.hpp` and `x.toml`",
                     "`core/job/job.hpp:job::start()`", '`tests/core/x_test.cpp:"it holds"`', "`tests/x.py:test_a`",
                     "[b](b.md#one-two-three)", "[c](https://example.org/no)", "`/core/no`", "`elsewhere/no.cpp`", "`a/b`",
                     "```\n`core/no.hpp`\n```\n", "`GET /api/jobs`", "`127.0.0.1:8080`"):
            with self.subTest(text=text):
                self.assertEqual([], self.found(text))

    def test_what_is_not_there_is_found(self):
        for text in ("`core/no.hpp`", "`core/no/`", "`no.hpp`", "`core/job/job.hpp:begin`", "`core/job/job.hpp:stop`",
                     "`core/no.hpp:start`", "`no.cpp:start`", '`tests/core/x_test.cpp:"it breaks"`', "`tests/x.py:test`",
                     "[b](no.md)", "[b](b.md#two)", "| a | `core/no.cpp:f` |", "[a](#none)"):
            with self.subTest(text=text):
                self.assertEqual(1, len(self.found(text)), self.found(text))

    def test_the_matrix_is_that_of_the_code(self):
        machine = "job_edge{job_state::queued, job_event::arm, job_state::scheduled}"
        rows = "| event | queued | failed |\n|---|---|---|\n| arm | scheduled | – |\n\n| a | b |\n"
        tree = {"core/job/job_machine.hpp": machine, "docs/ARCHITECTURE.md": rows}
        self.assertEqual([], list(documents.check(tree)))
        for wrong in (rows.replace("scheduled", "failed"), rows.replace("– |", "queued |"), rows.replace("| scheduled", "| –")):
            with self.subTest(rows=wrong):
                self.assertEqual(1, len(list(documents.check({**tree, "docs/ARCHITECTURE.md": wrong}))))

    def test_the_line_is_told(self):
        self.assertEqual([("docs/a.md", 5)],
                         [found[:2] for found in documents.check({**self.TREE, "docs/a.md": "a\n```\n\n```\n`no.hpp`\n"})])


class Comments(unittest.TestCase):
    def test_are_blanked_and_lines_stay(self):
        text = 'a /* x\n y */ b // z\n"str//ing" c'
        blanked = rules.without_comments(text)
        self.assertEqual(text.count("\n"), blanked.count("\n"))
        for gone in ("x", "y", "z", "str"):
            self.assertNotIn(gone, blanked)
        for kept in ("a", "b", "c"):
            self.assertIn(kept, blanked)

    def test_digit_separators_are_no_characters(self):
        self.assertIn("visible", rules.without_comments("1'000; visible; 2'000;"))


if __name__ == "__main__":
    unittest.main()
