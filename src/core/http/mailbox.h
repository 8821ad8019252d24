#pragma once
// How answers from other threads reach the event loop that waits for them.

#include <cstdint>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/net/http.h"

namespace mlctl::serve {

// Outlives the loop while a handler still holds a Reply.
class Mailbox {
 public:
  Mailbox();
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void put(uint64_t id, HttpResponse response);
  void wake() const;
  std::vector<std::pair<uint64_t, HttpResponse>> take();

  int descriptor() const { return wakeup_; }  // readable when something has come

 private:
  int wakeup_;
  Mutex mutex_;
  std::vector<std::pair<uint64_t, HttpResponse>> answers_ MLCTL_GUARDED_BY(mutex_);
};

}  // namespace mlctl::serve
