#include "cli/reference/completion.hpp"

#include "cli/reference/completion_tables.hpp"

namespace callboard {

namespace {

/// What comes from the scheduler is never expanded: a queue may be called `$(reboot)`. Bash hands `--queue=mail` over
/// as three words.
constexpr const char* bash_functions =
  R"script(# Adds those of the lines of standard input that begin with what is there.
_callboard_add() {
  local line
  while IFS= read -r line; do
    [[ $line == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$line")")
  done
}

_callboard_offer() {
  case $1 in
    choice:*) _callboard_add <<< "${1#choice:}" ;;
    names:*) _callboard_add < <("${COMP_WORDS[0]}" __complete "${1#names:}" "$cur" 2> /dev/null) ;;
    file) compopt -o default 2> /dev/null ;;
    directory) compopt -o dirnames 2> /dev/null ;;
  esac
}

_callboard() {
  local cur=${COMP_WORDS[COMP_CWORD]} path='' pending='' count=0 i word value
  local commands options valued arguments
  COMPREPLY=()
  _callboard_command ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ $word == = ]]; then
      pending=${COMP_WORDS[i - 1]}
    elif [[ $pending ]]; then
      pending=''
    elif [[ $word == -- ]]; then
      compopt -o default 2> /dev/null
      return 0
    elif [[ $word == -* ]]; then
      [[ " $valued " == *" $word "* ]] && pending=$word
    elif _callboard_command "${path:+$path }$word"; then
      path=${path:+$path }$word count=0
    else
      count=$((count + 1))
    fi
  done
  if [[ $cur == = ]]; then
    pending=${COMP_WORDS[COMP_CWORD - 1]} cur=''
  fi
  if [[ $pending ]]; then
    _callboard_value "$path" "$pending"
    _callboard_offer "${value//,/$'\n'}"
    return 0
  fi
  if [[ $cur == -* ]]; then
    _callboard_add <<< "${options// /$'\n'}"
    return 0
  fi
  ((count == 0)) && [[ $commands ]] && _callboard_add <<< "${commands// /$'\n'}"
  read -ra arguments <<< "$arguments"
  ((${#arguments[@]} > 0)) || return 0
  value=${arguments[count]-}
  [[ ! $value && ${arguments[-1]} == *+ ]] && value=${arguments[-1]}
  value=${value%+}
  _callboard_offer "${value//,/$'\n'}"
}
complete -F _callboard callboard
)script";

constexpr const char* zsh_functions = R"script(_callboard_offer() {
  local -a found
  case $1 in
    choice:*) found=(${(s:,:)1#choice:}); compadd -a found ;;
    names:*) found=(${(f)"$($words[1] __complete ${1#names:} $PREFIX 2> /dev/null)"}); compadd -a found ;;
    file) _files ;;
    directory) _files -/ ;;
  esac
}

_callboard() {
  local line='' pending='' value='' word
  local -i count=0 i
  local -a commands options
  local valued='' arguments=''
  _callboard_command ''
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ -n $pending ]]; then
      pending=''
    elif [[ $word == -- ]]; then
      _files
      return
    elif [[ $word == -* ]]; then
      [[ " $valued " == *" $word "* ]] && pending=$word
    elif _callboard_command "${line:+$line }$word"; then
      line="${line:+$line }$word" count=0
    else
      count+=1
    fi
  done
  if [[ -z $pending && $PREFIX == --*=* ]]; then
    pending=${PREFIX%%=*}
    compset -P '*='
  fi
  if [[ -n $pending ]]; then
    _callboard_value "$line" $pending
    _callboard_offer $value
    return
  fi
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
    return
  fi
  ((count == 0 && $#commands > 0)) && _describe command commands
  local -a places
  places=(${=arguments})
  (($#places > 0)) || return 0
  value=$places[count+1]
  [[ -z $value && $places[-1] == *+ ]] && value=$places[-1]
  _callboard_offer ${value%+}
}

if [[ $funcstack[1] == _callboard ]]; then
  _callboard "$@"
else
  compdef _callboard callboard
fi
)script";

constexpr const char* fish_functions = R"(# The command that is being completed: its words, as far as they are commands.
function __callboard_path
    set -l path
    for word in (commandline -opc)[2..-1]
        if string match -q -- -- $word
            echo --
            return
        end
        if contains -- "$path $word" $__callboard_paths
            set path "$path $word"
        end
    end
    echo -- (string trim -- "$path")
end

function __callboard_at
    test (__callboard_path) = $argv[1]
end

function __callboard_names
    callboard __complete $argv[1] (commandline -ct | string replace -r '^--[^=]*=' '') 2>/dev/null
end

complete -c callboard -f
complete -c callboard -n '__callboard_at --' -F
)";

std::string fish_quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text)
    out += c == '\'' || c == '\\' ? std::string{"\\"} + c : std::string(1, c);
  return out + "'";
}

/// The flags of fish's `complete` for what may stand there; empty where it cannot know.
std::string fish_value(const completed_value& v) {
  using kind = completed_value::kind;
  switch (v.what) {
  case kind::anything:
    break;
  case kind::choices: {
    std::string words;
    for (const auto& c : v.choices)
      words += (words.empty() ? "" : " ") + c;
    return " -xa " + fish_quoted(words);
  }
  case kind::names:
    return " -xa " + fish_quoted("(__callboard_names " + v.names + ")");
  case kind::file:
    return " -rF";
  case kind::directory:
    return " -xa '(__fish_complete_directories)'";
  }
  return " -x";
}

} // namespace

std::string bash_completion(const described_command& program) {
  return "# Completes callboard in bash; made by `callboard completion bash`.\n\n" + completion_tables(program, false) +
         bash_functions;
}

std::string zsh_completion(const described_command& program) {
  return "#compdef callboard\n# Completes callboard in zsh; made by `callboard completion zsh`.\n\n" +
         completion_tables(program, true) + zsh_functions;
}

std::string fish_completion(const described_command& program) {
  std::string paths, lines;
  for_each_command(program, [&](const described_command& c) {
    const auto at = "complete -c callboard -n " + fish_quoted("__callboard_at " + fish_quoted(c.path));
    if (!c.path.empty())
      paths += " " + fish_quoted(" " + c.path);
    for (const auto& sub : c.commands)
      lines += at + " -a " + fish_quoted(sub.name()) + " -d " + fish_quoted(sub.text) + "\n";
    for (const auto& o : c.options) {
      lines += at;
      for (const auto& name : o.names)
        lines += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      lines += (o.value.empty() ? "" : fish_value(completed_value_of(c.path, o))) + " -d " + fish_quoted(o.text) + "\n";
    }
    for (const auto& a : c.arguments)
      if (const auto v = completed_value_of(c.path, a); v.what != completed_value::kind::anything)
        lines += at + fish_value(v) + "\n";
  });
  return "# Completes callboard in fish; made by `callboard completion fish`.\n\nset -g __callboard_paths" + paths +
         "\n\n" + fish_functions + lines;
}

} // namespace callboard
