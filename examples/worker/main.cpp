// A worker with a job type of its own. docs/sdk.md says how to build and run it.
#include <callboard/worker.hpp>

#include "word_count.hpp"

int main(int argc, char** argv) {
  callboard::sdk::worker w{"word-count 1.0"};
  w.on("word_count",
       {.schema = word_count_schema,
        .summary = "counts lines, words and bytes of a text file",
        .isolation = callboard::sdk::isolation::process},
       word_count);
  return w.run(argc, argv);
}
