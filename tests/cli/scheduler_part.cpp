// The scheduler's part of callboard and nothing else: a scheduler without local workers that works.
#include "cli/serve.hpp"

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: scheduler_part DIRECTORY\n";
    return 2;
  }
  callboard::serve_options o;
  o.config.store.directory = argv[1];
  o.config.http.listen = "127.0.0.1:0";
  o.config.workers.count = 0;
  o.executable = argv[0];
  return callboard::run_serve(o);
}
