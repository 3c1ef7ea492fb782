"""Every rule catches its bad example and lets its good one pass."""
import unittest

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
