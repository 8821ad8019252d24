#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <png.h>

#include "core/image/image_codecs.h"

namespace mlctl {

namespace {

// libpng reports errors by a callback that must not return: longjmp to the frame that called it. Everything
// with a destructor lives outside that frame.
struct Session {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::string_view rest;
  std::vector<png_bytep> rows;
  char message[128] = "not a PNG";
};

void on_error(png_structp png, png_const_charp message) {
  auto* session = static_cast<Session*>(png_get_error_ptr(png));
  std::strncpy(session->message, message, sizeof session->message - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void read_bytes(png_structp png, png_bytep out, size_t size) {
  auto* session = static_cast<Session*>(png_get_io_ptr(png));
  if (size > session->rest.size()) png_error(png, "it ends too early");
  std::memcpy(out, session->rest.data(), size);
  session->rest.remove_prefix(size);
}

bool is_png(std::string_view bytes) {
  return bytes.starts_with("\x89PNG\r\n\x1a\n");
}

// A chunk states its length, and libpng takes that much memory before it reads; only pixels are read in
// pieces. So lengths are checked first.
Result<> check_chunks(std::string_view bytes) {
  for (size_t at = 8; at + 8 <= bytes.size();) {
    uint64_t length = 0;
    for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<uint8_t>(bytes[at + i]);
    const std::string_view kind = bytes.substr(at + 4, 4);
    at += 12 + length;
    if (kind == "IDAT" || at <= bytes.size()) continue;
    return corrupt_image("PNG",
                         fmt::format("a chunk says that it has {} bytes, {} are left", length,
                                     bytes.size() - std::min<uint64_t>(bytes.size(), at - 4 - length)));
  }
  return {};
}

void open(Session& session, std::string_view bytes) {
  session.rest = bytes;
  session.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  session.info = session.png == nullptr ? nullptr : png_create_info_struct(session.png);
}

int orientation_of(const Session& session) {
  png_bytep exif = nullptr;
  png_uint_32 size = 0;
  if (png_get_eXIf_1(session.png, session.info, &size, &exif) == 0) return 1;
  return exif_orientation({reinterpret_cast<const char*>(exif), size});
}

// Notes and profiles that nothing here uses. Compressed, a thousand of them could unfold to gigabytes.
constexpr png_byte kIgnored[] = "tEXt\0zTXt\0iTXt\0iCCP\0sPLT\0hIST\0pCAL\0sCAL";
constexpr int kIgnoredCount = sizeof kIgnored / 5;

void start(Session& session) {
  png_set_read_fn(session.png, &session, read_bytes);
  png_set_keep_unknown_chunks(session.png, PNG_HANDLE_CHUNK_NEVER, kIgnored, kIgnoredCount);
  png_set_user_limits(session.png, 0x7fffffff, 0x7fffffff);
  png_read_info(session.png, session.info);
}

bool read_header(Session& session, ImageHeader& header) {
  if (session.info == nullptr || setjmp(png_jmpbuf(session.png)) != 0) return false;
  start(session);
  header = {png_get_image_width(session.png, session.info), png_get_image_height(session.png, session.info),
            orientation_of(session)};
  return true;
}

bool read_pixels(Session& session, RawImage& image) {
  if (session.info == nullptr || setjmp(png_jmpbuf(session.png)) != 0) return false;
  start(session);
  png_structp png = session.png;
  png_infop info = session.info;
  png_set_expand(png);  // palettes to RGB, small greys to 8 bits, transparency to alpha
  png_set_strip_16(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  image.pixels.width = png_get_image_width(png, info);
  image.pixels.height = png_get_image_height(png, info);
  image.pixels.channels = png_get_channels(png, info);
  const size_t stride = png_get_rowbytes(png, info);
  image.pixels.data.resize(stride * static_cast<size_t>(image.pixels.height));
  session.rows.resize(static_cast<size_t>(image.pixels.height));
  for (size_t y = 0; y < session.rows.size(); ++y) session.rows[y] = image.pixels.data.data() + y * stride;
  png_read_image(png, session.rows.data());
  png_read_end(png, info);
  image.orientation = orientation_of(session);
  return true;
}

Result<ImageHeader> header(std::string_view bytes) {
  TRY(check_chunks(bytes));
  Session session;
  ImageHeader result;
  open(session, bytes);
  const bool good = read_header(session, result);
  png_destroy_read_struct(&session.png, &session.info, nullptr);
  if (!good) return corrupt_image("PNG", session.message);
  return result;
}

Result<RawImage> decode(std::string_view bytes) {
  TRY(check_chunks(bytes));
  Session session;
  RawImage image;
  open(session, bytes);
  const bool good = read_pixels(session, image);
  png_destroy_read_struct(&session.png, &session.info, nullptr);
  if (!good) return corrupt_image("PNG", session.message);
  return image;
}

void append_bytes(png_structp png, png_bytep data, size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<const char*>(data), size);
}

}  // namespace

const ImageCodec& png_codec() {
  static const ImageCodec codec = {"PNG", is_png, header, decode};
  return codec;
}

// Small pictures in great number: one filter and a fast level cost a few percent of size for most of the
// time.
std::string encode_png(const Pixels& pixels) {
  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, on_warning);
  png_infop info = png_create_info_struct(png);
  const bool grey = pixels.channels == 1;
  png_set_write_fn(png, &out, append_bytes, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(pixels.width), static_cast<png_uint_32>(pixels.height), 8,
               grey ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 3);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_write_info(png, info);
  const auto stride = static_cast<size_t>(pixels.width * pixels.channels);
  for (int64_t y = 0; y < pixels.height; ++y) {
    png_write_row(png, pixels.data.data() + static_cast<size_t>(y) * stride);
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return out;
}

}  // namespace mlctl
