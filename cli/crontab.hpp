#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace callboard {

/// A line of a crontab that runs a command.
struct crontab_entry {
  size_t line = 0;     ///< in the file, from 1
  std::string when;    ///< five fields with single blanks between them, or `@daily` and its like
  std::string user;    ///< of a system's crontab
  std::string command; ///< up to the first `%`
  std::string input;   ///< its standard input: what follows
  // What the lines before have set.
  std::string zone; ///< empty: nothing was said
  std::string shell = "/bin/sh";
  std::vector<std::pair<std::string, std::string>> environment; ///< in the order of the names
};

/// What is to be said about a line.
struct crontab_remark {
  size_t line = 0;
  std::string text;
};

struct crontab {
  std::vector<crontab_entry> entries;
  std::vector<crontab_remark> refused; ///< lines that run nothing here
  std::vector<crontab_remark> notes;   ///< settings that have no effect here
};

/// Reads a crontab as crontab(5) describes it: comments, `NAME=VALUE`, five fields or a nickname and a command, `%` and
/// `\%`. CRON_TZ, else TZ, is the time zone of the lines that follow. Whether the fields make sense is for the
/// scheduler to say.
/// @param with_user  a user's name stands before each command (`/etc/crontab`, `/etc/cron.d`).
crontab parse_crontab(std::string_view text, bool with_user);

/// A short name for a command, of letters, digits, dots, dashes and underscores: `certbot-q-renew` of
/// `/usr/bin/certbot -q renew >/dev/null`.
std::string command_slug(std::string_view command);

} // namespace callboard
