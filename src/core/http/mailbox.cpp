#include "core/http/mailbox.h"

#include <sys/eventfd.h>
#include <unistd.h>

namespace mlctl::serve {

Mailbox::Mailbox() : wakeup_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

Mailbox::~Mailbox() {
  ::close(wakeup_);
}

void Mailbox::put(uint64_t id, HttpResponse response) {
  {
    const Hold lock(mutex_);
    answers_.emplace_back(id, std::move(response));
    if (answers_.size() > 1) return;  // already woken
  }
  wake();
}

void Mailbox::wake() const {
  const uint64_t one = 1;
  (void)!::write(wakeup_, &one, sizeof one);
}

std::vector<std::pair<uint64_t, HttpResponse>> Mailbox::take() {
  uint64_t count = 0;
  (void)!::read(wakeup_, &count, sizeof count);
  const Hold lock(mutex_);
  return std::exchange(answers_, {});
}

}  // namespace mlctl::serve
