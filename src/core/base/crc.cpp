#include "core/base/crc.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace mlctl {

namespace {

static_assert(std::endian::native == std::endian::little);

// Polynomials, reflected (bit 0 is the highest power).
constexpr uint32_t kCastagnoli = 0x82f63b78;
constexpr uint64_t kNvme = 0x9a6c9329ac4bc9b5;
constexpr uint64_t kXz = 0xc96c5795d7870f42;

// Slicing by eight (Kounavis and Berry, 2005): table[k][b] is the effect of byte b, k bytes before the end.
template <class Word>
using Tables = std::array<std::array<Word, 256>, 8>;

template <class Word, Word kPolynomial>
constexpr Tables<Word> make_tables() {
  Tables<Word> tables{};
  for (size_t b = 0; b < 256; ++b) {
    Word crc = static_cast<Word>(b);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ kPolynomial : crc >> 1;
    tables[0][b] = crc;
  }
  for (size_t k = 1; k < 8; ++k)
    for (size_t b = 0; b < 256; ++b)
      tables[k][b] = (tables[k - 1][b] >> 8) ^ tables[0][tables[k - 1][b] & 0xff];
  return tables;
}

template <class Word, Word kPolynomial>
Word by_tables(Word state, const char* at, size_t size) {
  static constexpr Tables<Word> kTables = make_tables<Word, kPolynomial>();
  for (; size >= 8; size -= 8, at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    word ^= state;
    state = 0;
    for (size_t byte = 0; byte < 8; ++byte) state ^= kTables[7 - byte][(word >> (8 * byte)) & 0xff];
  }
  for (; size > 0; --size, ++at)
    state = (state >> 8) ^ kTables[0][(state ^ static_cast<unsigned char>(*at)) & 0xff];
  return state;
}

// a * b modulo the polynomial, reflected.
template <class Word, Word kPolynomial>
constexpr Word multiply(Word a, Word b) {
  Word product = 0;
  for (Word bit = Word{1} << (8 * sizeof(Word) - 1); bit != 0; bit >>= 1) {
    if ((b & bit) != 0) product ^= a;
    a = (a & 1) != 0 ? (a >> 1) ^ kPolynomial : a >> 1;
  }
  return product;
}

// x to the power n modulo the polynomial, reflected.
template <class Word, Word kPolynomial>
constexpr Word power_of_x(uint64_t n) {
  Word power = Word{1} << (8 * sizeof(Word) - 1);
  Word square = power >> 1;
  for (; n != 0; n >>= 1) {
    if ((n & 1) != 0) power = multiply<Word, kPolynomial>(power, square);
    square = multiply<Word, kPolynomial>(square, square);
  }
  return power;
}

template <class Word, Word kPolynomial>
Word combine(Word first, Word second, uint64_t second_size) {
  return multiply<Word, kPolynomial>(first, power_of_x<Word, kPolynomial>(8 * second_size)) ^ second;
}

#if defined(__x86_64__)

// The factors that carry a 128-bit remainder `kBits` further. A carry-less product of reflected words comes
// out one bit short, hence the powers less one.
template <uint64_t kPolynomial, uint64_t kBits>
constexpr std::array<uint64_t, 2> kFold = {power_of_x<uint64_t, kPolynomial>(kBits + 63),
                                           power_of_x<uint64_t, kPolynomial>(kBits - 1)};

__attribute__((target("pclmul,sse4.1"))) inline __m128i fold(__m128i value, __m128i factors, __m128i next) {
  return _mm_xor_si128(next, _mm_xor_si128(_mm_clmulepi64_si128(value, factors, 0x00),
                                           _mm_clmulepi64_si128(value, factors, 0x11)));
}

// Folds 64 bytes a turn into four remainders (Gopal et al., "Fast CRC Computation for Generic Polynomials
// Using PCLMULQDQ", Intel, 2009); the last 128 bits go through the tables.
template <uint64_t kPolynomial>
__attribute__((target("pclmul,sse4.1"))) uint64_t by_folding(uint64_t state, const char* at, size_t size) {
  const auto load = [](const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); };
  const __m128i far = load(kFold<kPolynomial, 512>.data());
  const __m128i near = load(kFold<kPolynomial, 128>.data());
  __m128i sums[4];
  for (int lane = 0; lane < 4; ++lane) sums[lane] = load(at + 16 * lane);
  sums[0] = _mm_xor_si128(sums[0], _mm_cvtsi64_si128(static_cast<int64_t>(state)));
  at += 64;
  for (size -= 64; size >= 64; size -= 64, at += 64)
    for (int lane = 0; lane < 4; ++lane) sums[lane] = fold(sums[lane], far, load(at + 16 * lane));
  for (int lane = 1; lane < 4; ++lane) sums[lane] = fold(sums[lane - 1], near, sums[lane]);
  char remainder[16];
  std::memcpy(remainder, &sums[3], 16);
  return by_tables<uint64_t, kPolynomial>(by_tables<uint64_t, kPolynomial>(0, remainder, 16), at, size);
}

__attribute__((target("sse4.2"))) uint32_t by_instruction(uint32_t state, const char* at, size_t size) {
  uint64_t wide = state;
  for (; size >= 8; size -= 8, at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, at, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  state = static_cast<uint32_t>(wide);
  for (; size > 0; --size, ++at) state = _mm_crc32_u8(state, static_cast<unsigned char>(*at));
  return state;
}

#endif

template <uint64_t kPolynomial>
uint64_t crc64(std::string_view bytes, uint64_t crc) {
#if defined(__x86_64__)
  if (bytes.size() >= 128 && __builtin_cpu_supports("pclmul") != 0)
    return ~by_folding<kPolynomial>(~crc, bytes.data(), bytes.size());
#endif
  return ~by_tables<uint64_t, kPolynomial>(~crc, bytes.data(), bytes.size());
}

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t crc) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2") != 0) return ~by_instruction(~crc, bytes.data(), bytes.size());
#endif
  return ~by_tables<uint32_t, kCastagnoli>(~crc, bytes.data(), bytes.size());
}

uint64_t crc64_nvme(std::string_view bytes, uint64_t crc) {
  return crc64<kNvme>(bytes, crc);
}

uint64_t crc64_xz(std::string_view bytes, uint64_t crc) {
  return crc64<kXz>(bytes, crc);
}

uint32_t crc32c_combine(uint32_t first, uint32_t second, uint64_t second_size) {
  return combine<uint32_t, kCastagnoli>(first, second, second_size);
}

uint64_t crc64_nvme_combine(uint64_t first, uint64_t second, uint64_t second_size) {
  return combine<uint64_t, kNvme>(first, second, second_size);
}

uint64_t crc64_xz_combine(uint64_t first, uint64_t second, uint64_t second_size) {
  return combine<uint64_t, kXz>(first, second, second_size);
}

}  // namespace mlctl
