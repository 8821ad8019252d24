#pragma once
// SHA-256 names content for people and records; XXH3 keys tables and seeds splits.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mlctl {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  std::string hex();  // ends the digest: call once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_hex(std::string_view bytes);

uint64_t hash64(std::string_view bytes, uint64_t seed = 0);  // XXH3, 64 bits

}  // namespace mlctl
