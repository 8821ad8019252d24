#pragma once
// The pooling loops, written once and compiled once per vector unit (pool_avx2.cpp, pool_avx512.cpp: see
// cmake/Engine.cmake). Nothing here may be shared with other translation units: a copy made for AVX-512 could
// then run where there is none. So no standard library, and everything has internal linkage.

#include "core/nn/pool.h"

namespace mlctl::engine {
namespace {

// The part of a window that lies inside the image.
struct Span {
  int64_t begin, end, first;  // rows (or columns) of the input, and the first one's place in the window
};

Span span_of(int64_t out, int64_t stride, int64_t padding, int64_t kernel, int64_t size) {
  const int64_t start = out * stride - padding;
  const int64_t begin = start > 0 ? start : 0, end = start + kernel;
  return {begin, end < size ? end : size, begin - start};
}

// Vectors of one channel block. Written out, because the vectoriser unrolls loops over 16 lanes into scalars.
template <int kLanes>
struct Vectors {
  using Floats [[gnu::vector_size(kLanes * 4), gnu::aligned(4), gnu::may_alias]] = float;
  using Places [[gnu::vector_size(kLanes * 4)]] = int32_t;
  using Bytes [[gnu::vector_size(kLanes), gnu::aligned(1), gnu::may_alias]] = uint8_t;
};

template <int kLanes>
void forward_window(const PoolShape& s, const float* plane, Span rows, Span columns, float* output,
                    uint8_t* choice, float floor) {
  using V = Vectors<kLanes>;
  typename V::Floats best = {};
  best -= __builtin_inff();
  typename V::Places winner = {};
  winner += static_cast<int32_t>(rows.first * s.kernel_w + columns.first);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    auto place = static_cast<int32_t>((rows.first + y - rows.begin) * s.kernel_w + columns.first);
    const float* at = plane + (y * s.width + columns.begin) * kLanes;
    for (int64_t x = columns.begin; x < columns.end; ++x, ++place, at += kLanes) {
      const auto value = *reinterpret_cast<const typename V::Floats*>(at);
      const typename V::Places better = (value > best) | (value != value);  // NaN wins, as in PyTorch
      best = better ? value : best;
      winner = better ? typename V::Places{} + place : winner;
    }
  }
  *reinterpret_cast<typename V::Floats*>(output) = best < floor ? typename V::Floats{} + floor : best;
  if (choice)
    *reinterpret_cast<typename V::Bytes*>(choice) = __builtin_convertvector(winner, typename V::Bytes);
}

template <int kLanes>
void forward_planes(const PoolShape& s, const float* input, float* output, uint8_t* choice, float floor,
                    int64_t begin, int64_t end) {
  for (int64_t plane = begin; plane < end; ++plane) {
    const float* in = input + plane * s.height * s.width * kLanes;
    int64_t out = plane * s.out_height * s.out_width * kLanes;
    for (int64_t y = 0; y < s.out_height; ++y) {
      const Span rows = span_of(y, s.stride_h, s.padding_h, s.kernel_h, s.height);
      for (int64_t x = 0; x < s.out_width; ++x, out += kLanes)
        forward_window<kLanes>(s, in, rows, span_of(x, s.stride_w, s.padding_w, s.kernel_w, s.width),
                               output + out, choice ? choice + out : nullptr, floor);
    }
  }
}

// `disjoint`: windows that touch each element at most once; it is then written, with no zeroing before.
template <int kLanes>
void scatter_window(const PoolShape& s, Span rows, Span columns, const float* output,
                    const float* output_gradient, const uint8_t* choice, bool relu, bool disjoint,
                    float* plane) {
  using V = Vectors<kLanes>;
  const typename V::Floats zero = {};
  auto gradient = *reinterpret_cast<const typename V::Floats*>(output_gradient);
  if (relu) gradient = *reinterpret_cast<const typename V::Floats*>(output) <= zero ? zero : gradient;
  const auto winner =
      __builtin_convertvector(*reinterpret_cast<const typename V::Bytes*>(choice), typename V::Places);
  for (int64_t y = rows.begin; y < rows.end; ++y) {
    auto place = static_cast<int32_t>((rows.first + y - rows.begin) * s.kernel_w + columns.first);
    float* at = plane + (y * s.width + columns.begin) * kLanes;
    for (int64_t x = columns.begin; x < columns.end; ++x, ++place, at += kLanes) {
      auto& element = *reinterpret_cast<typename V::Floats*>(at);
      const typename V::Floats share = winner == place ? gradient : zero;
      element = disjoint ? share : element + share;
    }
  }
}

template <int kLanes>
void zero_uncovered(const PoolShape& s, float* plane) {
  const int64_t rows = s.out_height * s.stride_h, columns = s.out_width * s.stride_w;
  for (int64_t y = 0; y < s.height; ++y) {
    const int64_t from = y < rows ? columns : 0;
    __builtin_memset(plane + (y * s.width + from) * kLanes, 0,
                     size_t((s.width - from) * kLanes) * sizeof(float));
  }
}

template <int kLanes>
void backward_planes(const PoolShape& s, const float* output, const float* output_gradient,
                     const uint8_t* choice, float* input_gradient, bool relu, int64_t begin, int64_t end) {
  const bool disjoint =
      s.stride_h == s.kernel_h && s.stride_w == s.kernel_w && s.padding_h == 0 && s.padding_w == 0;
  for (int64_t plane = begin; plane < end; ++plane) {
    float* in = input_gradient + plane * s.height * s.width * kLanes;
    if (disjoint)
      zero_uncovered<kLanes>(s, in);
    else
      __builtin_memset(in, 0, size_t(s.height * s.width * kLanes) * sizeof(float));
    int64_t out = plane * s.out_height * s.out_width * kLanes;
    for (int64_t y = 0; y < s.out_height; ++y) {
      const Span rows = span_of(y, s.stride_h, s.padding_h, s.kernel_h, s.height);
      for (int64_t x = 0; x < s.out_width; ++x, out += kLanes) {
        const Span columns = span_of(x, s.stride_w, s.padding_w, s.kernel_w, s.width);
        scatter_window<kLanes>(s, rows, columns, output + out, output_gradient + out, choice + out, relu,
                               disjoint, in);
      }
    }
  }
}

}  // namespace
}  // namespace mlctl::engine
