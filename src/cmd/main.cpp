#include <unistd.h>

#include "cmd/app.h"

int main(int argc, char** argv) {
  mlctl::Io io = mlctl::Io::standard();
  const mlctl::sys::Env env = mlctl::sys::current_env();
  mlctl::sys::Clock clock;
  mlctl::sys::StopFlag stop;
  mlctl::sys::catch_signals(stop);
  mlctl::Context context{io, env, clock, stop, {}};
  const int code = mlctl::run_app({argv + 1, argv + argc}, context);
  io.flush();
  _exit(code);  // libtorch's destructors cost 25–40 ms and mlctl holds nothing that needs them
}
