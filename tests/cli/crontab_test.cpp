#include "cli/crontab.hpp"

#include <catch2/catch.hpp>

using namespace callboard;

namespace {

using pairs = std::vector<std::pair<std::string, std::string>>;

crontab_entry only(const std::string& text, bool with_user = false) {
  const auto tab = parse_crontab(text, with_user);
  CAPTURE(text);
  REQUIRE(tab.refused.empty());
  REQUIRE(tab.entries.size() == 1);
  return tab.entries[0];
}

} // namespace

TEST_CASE("a line of a crontab is a time and a command") {
  struct row {
    std::string line, when, command, input;
  };
  const row rows[] = {
    {"0 5 * * 1 tar -zcf /x.tgz /home", "0 5 * * 1", "tar -zcf /x.tgz /home", ""},
    {"  */5\t1-3,7   *  JAN\tmon-fri \t cmd  with  blanks ", "*/5 1-3,7 * JAN mon-fri", "cmd  with  blanks ", ""},
    {"@daily cmd", "@daily", "cmd", ""},
    {"@hourly\tcmd # no comment", "@hourly", "cmd # no comment", ""},
    {"@every cmd", "@every", "cmd", ""}, // for the scheduler to refuse
    {"* * * * * A=b cmd", "* * * * *", "A=b cmd", ""},
    {"* * * * * cmd\r", "* * * * *", "cmd", ""},
    // A percent sign ends the command, and the rest is its input.
    {"* * * * * mail -s Hi joe%Joe,%%Where are you?%", "* * * * *", "mail -s Hi joe", "Joe,\n\nWhere are you?\n"},
    {"* * * * * cat%a\\%b%c\\d", "* * * * *", "cat", "a%b\nc\\d\n"},
    {"* * * * * cat%", "* * * * *", "cat", ""},
    {"* * * * * cat%%", "* * * * *", "cat", "\n"},
    {"* * * * * date +\\%F", "* * * * *", "date +%F", ""},
    {"* * * * * printf '\\n\\\\%' %x", "* * * * *", "printf '\\n\\%' ", "x\n"},
    {"* * * * * echo \\", "* * * * *", "echo \\", ""},
  };
  for (const auto& x : rows) {
    const auto e = only(x.line);
    CHECK(e.line == 1);
    CHECK(e.when == x.when);
    CHECK(e.command == x.command);
    CHECK(e.input == x.input);
    CHECK(e.user.empty());
    CHECK(e.zone.empty());
    CHECK(e.shell == "/bin/sh");
    CHECK(e.environment.empty());
  }
}

TEST_CASE("a system's crontab names a user") {
  auto e = only("17 *\t* * *\troot  cd / && run-parts /etc/cron.hourly\n", true);
  CHECK(e.when == "17 * * * *");
  CHECK(e.user == "root");
  CHECK(e.command == "cd / && run-parts /etc/cron.hourly");
  e = only("@weekly www-data x%y", true);
  CHECK(e.user == "www-data");
  CHECK(e.command == "x");
  CHECK(e.input == "y\n");
}

TEST_CASE("settings hold for the lines that follow them") {
  const auto tab = parse_crontab("# a comment\n"
                                 "\n"
                                 "\t \n"
                                 "@daily first\n"
                                 "PATH=/usr/bin:/bin\n"
                                 "SHELL = /bin/bash \n"
                                 "  \"QUOTED\"='  a b  '\n"
                                 "EMPTY=\n"
                                 "HALF='x\n"
                                 "@daily second\n"
                                 "   # another comment\n"
                                 "PATH=$HOME/bin\n"
                                 "SHELL=\n"
                                 "@daily third",
                                 false);
  CHECK(tab.refused.empty());
  CHECK(tab.notes.empty());
  REQUIRE(tab.entries.size() == 3);
  CHECK(tab.entries[0].line == 4);
  CHECK(tab.entries[0].environment.empty());
  CHECK(tab.entries[1].line == 10);
  CHECK(tab.entries[1].shell == "/bin/bash");
  CHECK(tab.entries[1].environment ==
        pairs{{"EMPTY", ""}, {"HALF", "'x"}, {"PATH", "/usr/bin:/bin"}, {"QUOTED", "  a b  "}, {"SHELL", "/bin/bash"}});
  CHECK(tab.entries[2].line == 14);
  CHECK(tab.entries[2].shell == "/bin/sh");
  CHECK(tab.entries[2].environment[2].second == "$HOME/bin"); // nothing is replaced in it
}

TEST_CASE("the zone of a line is CRON_TZ, else TZ") {
  const auto tab =
    parse_crontab("@daily a\nTZ=Europe/Berlin\n@daily b\nCRON_TZ=Asia/Tokyo\n@daily c\nTZ=UTC\n@daily d\n"
                  "CRON_TZ=\n@daily e\n",
                  false);
  REQUIRE(tab.entries.size() == 5);
  const std::vector<std::string> zones{"", "Europe/Berlin", "Asia/Tokyo", "Asia/Tokyo", "UTC"};
  for (size_t i = 0; i < zones.size(); ++i)
    CHECK(tab.entries[i].zone == zones[i]);
  CHECK(tab.entries[0].environment.empty());
  CHECK(tab.entries[2].environment == pairs{{"TZ", "Europe/Berlin"}}); // CRON_TZ is cron's alone
}

TEST_CASE("what cron itself would look at is noted, and no variable") {
  const auto tab =
    parse_crontab("MAILTO=root\nMAILTO=\"\"\nMAILFROM=x\nCONTENT_TYPE=text/plain\nRANDOM_DELAY=5\n@daily a\n", false);
  REQUIRE(tab.notes.size() == 4);
  CHECK(tab.notes[0].line == 1);
  CHECK(tab.notes[0].text == "MAILTO is not supported: what a job writes is in its result");
  CHECK(tab.notes[3].line == 5);
  CHECK(tab.notes[3].text == "RANDOM_DELAY is not supported");
  CHECK(tab.entries.at(0).environment.empty());
}

TEST_CASE("a line that runs nothing is refused, and the others are not") {
  struct row {
    std::string line;
    bool with_user;
    std::string says;
  };
  const row rows[] = {
    {"@reboot cmd", false, "@reboot is no time"},    {"0 5 * *", false, "this one has 4 fields"},
    {"hello", false, "this one has 1 fields"},       {"0 5 * * *", false, "no command behind the time"},
    {"@daily", false, "no command behind the time"}, {"@daily  \t", false, "no command"},
    {"0 5 * * * %input", false, "no command"},       {"0 5 * * * root", true, "behind the time and the user"},
    {"=x", false, "this one has 1 fields"},          {"'A=x", false, "this one has 1 fields"},
  };
  for (const auto& x : rows) {
    CAPTURE(x.line);
    const auto tab = parse_crontab("@daily u before\n" + x.line + "\n@daily u after", x.with_user);
    REQUIRE(tab.entries.size() == 2);
    CHECK(tab.entries[1].line == 3);
    REQUIRE(tab.refused.size() == 1);
    CHECK(tab.refused[0].line == 2);
    CHECK_THAT(tab.refused[0].text, Catch::Contains(x.says));
  }
}

TEST_CASE("an empty crontab") {
  for (const auto* text : {"", "\n", "# only\n# comments"}) {
    const auto tab = parse_crontab(text, false);
    CHECK(tab.entries.empty());
    CHECK(tab.refused.empty());
  }
}

TEST_CASE("a slug says what a command does") {
  const std::pair<std::string, std::string> rows[] = {
    {"/usr/bin/certbot -q renew >/dev/null 2>&1", "certbot-q-renew"},
    {"cd / && run-parts --report /etc/cron.hourly", "cd-run-parts-report-cron.hourly"},
    {"backup.sh 2>/dev/null", "backup.sh"},
    {"backup.sh 1> log", "backup.sh"},
    {"backup.sh 2", "backup.sh-2"},
    {"  tar\tczf  /a/b/c.tgz /home/", "tar-czf-c.tgz-home"},
    {"echo \"a  b\"; true", "echo-a-b-true"},
    {"\xc3\xa4\xc3\xb6", "job"},
    {"/", "job"},
    {">x", "job"},
    {std::string(100, 'x'), std::string(40, 'x')},
    {std::string(39, 'x') + " y", std::string(39, 'x')},
    {"a_b.c-d", "a_b.c-d"},
  };
  for (const auto& [command, slug] : rows)
    CHECK(command_slug(command) == slug);
}
