#include "core/nn/layout.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace mlctl::engine {

const Slot& Layout::at(std::string_view name) const {
  for (const Slot& slot : slots)
    if (slot.parameter.name == name) return slot;
  throw std::logic_error("no tensor " + std::string(name));
}

Layout make_layout(std::vector<Parameter> parameters) {
  constexpr int64_t kAlign = 16;
  Layout layout;
  for (Parameter& parameter : parameters) {
    const int64_t size = parameter.dtype == DType::f32 ? element_count(parameter.shape) : 0;
    layout.slots.push_back({std::move(parameter), 0, size});
  }
  for (const bool trainable : {true, false}) {
    for (Slot& slot : layout.slots) {
      if (slot.parameter.trainable != trainable) continue;
      slot.offset = layout.total;
      layout.total += (slot.size + kAlign - 1) / kAlign * kAlign;
    }
    if (trainable) layout.trainable = layout.total;
  }
  return layout;
}

}  // namespace mlctl::engine
