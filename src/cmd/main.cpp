#include <unistd.h>

#include <cstdio>
#include <new>

#include "cmd/shell/app.h"
#include "core/sys/streams.h"

namespace {

int run(int argc, char** argv) {
  mlctl::Io io = mlctl::Io::standard();
  const mlctl::sys::Env env = mlctl::sys::current_env();
  mlctl::sys::Clock clock;
  mlctl::sys::StopFlag stop;
  mlctl::sys::catch_signals(stop);
  mlctl::Context context{io, env, clock, stop, {}};
  return mlctl::close_output(mlctl::run_app({argv + 1, argv + argc}, context), context);
}

// Where even an error could not be made or printed: in words that take no memory.
int last_words(const char* sentence, mlctl::Exit code) {
  (void)!::write(STDERR_FILENO, sentence, std::char_traits<char>::length(sentence));
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  mlctl::sys::open_standard_streams();
  mlctl::sys::explain_aborts();
  int code = 0;
  try {
    code = run(argc, argv);
  } catch (const std::bad_alloc&) {
    code = last_words("error: there is not enough memory\n", mlctl::Exit::resource);
  } catch (...) {
    code = last_words("error: something unforeseen happened; please report it, with the command's name\n",
                      mlctl::Exit::failed);
  }
  _exit(code);  // libtorch's destructors cost 25–40 ms and mlctl holds nothing that needs them
}
