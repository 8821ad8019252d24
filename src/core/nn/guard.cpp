#include "core/nn/guard.h"

#include "core/base/strings.h"

namespace mlctl::engine {

Error error_from(const std::exception& exception) {
  const std::string text = exception.what();
  // The wording of c10's CPU allocator, of its CUDA allocator, and of oneDNN.
  const std::string lower = to_lower(text);
  const bool memory = dynamic_cast<const std::bad_alloc*>(&exception) != nullptr ||
                      lower.find("out of memory") != std::string::npos ||
                      lower.find("not enough memory") != std::string::npos ||
                      lower.find("can't allocate memory") != std::string::npos;
  if (memory)
    return {Exit::resource,
            "out of memory in the training engine",
            {},
            "use a smaller batch or a smaller model",
            {}};
  return {Exit::failed, "the training engine failed: " + text.substr(0, text.find('\n')), {}, {}, {}};
}

}  // namespace mlctl::engine
