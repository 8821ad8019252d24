#include <algorithm>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <jpeglib.h>

#include <jerror.h>

#include "core/base/limits.h"
#include "core/image/image_codecs.h"

namespace mlctl {

namespace {

// libjpeg reports errors by a callback that must not return: longjmp to decode's frame. Everything with a
// destructor lives outside that frame.
struct Session {
  jpeg_decompress_struct info{};
  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  int scans = 0;  // that are allowed
  std::jmp_buf escape{};
  char message[JMSG_LENGTH_MAX] = {};
};

void on_error(j_common_ptr info) {
  auto* session = static_cast<Session*>(info->client_data);
  info->err->format_message(info, session->message);
  std::longjmp(session->escape, 1);
}

// Warnings are how libjpeg tells of truncated and damaged data: it would go on with grey.
void on_message(j_common_ptr info, int level) {
  if (level < 0) {
    // Bytes between markers are common in the wild and harm nothing.
    if (info->err->msg_code == JWRN_EXTRANEOUS_DATA) return;
    on_error(info);
  }
}

// Called for each row of blocks.
void on_progress(j_common_ptr common) {
  auto* session = static_cast<Session*>(common->client_data);
  if (reinterpret_cast<j_decompress_ptr>(common)->input_scan_number <= session->scans) return;
  std::snprintf(session->message, sizeof session->message, "it has more than %d scans", session->scans);
  std::longjmp(session->escape, 1);
}

void limit_scans(Session& session) {
  jpeg_decompress_struct& info = session.info;
  const int64_t pixels = int64_t{info.image_width} * info.image_height;
  session.scans = static_cast<int>(
      std::max<int64_t>(limits::kJpegScans, std::min<int64_t>(1000, limits::kJpegScannedPixels / pixels)));
  session.progress.progress_monitor = on_progress;
  info.progress = &session.progress;
  if (jpeg_has_multiple_scans(&info) == FALSE ||
      pixels * info.num_components * 2 <= limits::kJpegCoefficientBytes)
    return;
  std::snprintf(session.message, sizeof session.message, "a picture of several scans needs more than 1 GiB");
  std::longjmp(session.escape, 1);
}

void start(Session& session, std::string_view bytes) {
  session.info.err = jpeg_std_error(&session.errors);
  session.errors.error_exit = on_error;
  session.errors.emit_message = on_message;
  session.info.client_data = &session;
  jpeg_create_decompress(&session.info);
  session.info.client_data = &session;
  jpeg_mem_src(&session.info, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_save_markers(&session.info, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header(&session.info, TRUE);
}

int orientation_of(const jpeg_decompress_struct& info) {
  for (const jpeg_marker_struct* marker = info.marker_list; marker != nullptr; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
    if (data.starts_with(std::string_view("Exif\0\0", 6))) return exif_orientation(data);
  }
  return 1;
}

bool is_jpeg(std::string_view bytes) {
  return bytes.starts_with("\xff\xd8\xff");
}

bool read_header(Session& session, std::string_view bytes, ImageHeader& header) {
  if (setjmp(session.escape) != 0) return false;
  start(session, bytes);
  header = {session.info.image_width, session.info.image_height, orientation_of(session.info)};
  return true;
}

bool read_pixels(Session& session, std::string_view bytes, RawImage& image) {
  if (setjmp(session.escape) != 0) return false;
  start(session, bytes);
  jpeg_decompress_struct& info = session.info;
  const bool cmyk = info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK;
  info.out_color_space = cmyk ? JCS_CMYK : info.num_components == 1 ? JCS_GRAYSCALE : JCS_RGB;
  limit_scans(session);
  jpeg_start_decompress(&info);
  image.orientation = orientation_of(info);
  image.pixels.width = info.output_width;
  image.pixels.height = info.output_height;
  image.pixels.channels = info.output_components;
  const size_t stride = size_t{info.output_width} * static_cast<size_t>(info.output_components);
  image.pixels.data.resize(stride * info.output_height);
  while (info.output_scanline < info.output_height) {
    unsigned char* row = image.pixels.data.data() + info.output_scanline * stride;
    jpeg_read_scanlines(&info, &row, 1);
  }
  jpeg_finish_decompress(&info);
  return true;
}

// Adobe writes CMYK inverted, and there is hardly another kind in the wild.
void cmyk_to_rgb(Pixels& pixels) {
  const size_t count = pixels.data.size() / 4;
  for (size_t i = 0; i < count; ++i) {
    const uint8_t* from = &pixels.data[i * 4];
    const unsigned key = from[3];
    const uint8_t rgb[3] = {static_cast<uint8_t>(from[0] * key / 255),
                            static_cast<uint8_t>(from[1] * key / 255),
                            static_cast<uint8_t>(from[2] * key / 255)};
    std::memcpy(&pixels.data[i * 3], rgb, 3);
  }
  pixels.channels = 3;
  pixels.data.resize(count * 3);
}

Result<ImageHeader> header(std::string_view bytes) {
  Session session;
  ImageHeader result;
  const bool good = read_header(session, bytes, result);
  jpeg_destroy_decompress(&session.info);
  if (!good) return corrupt_image("JPEG", session.message);
  return result;
}

Result<RawImage> decode(std::string_view bytes) {
  Session session;
  RawImage image;
  const bool good = read_pixels(session, bytes, image);
  jpeg_destroy_decompress(&session.info);
  if (!good) return corrupt_image("JPEG", session.message);
  if (image.pixels.channels == 4) cmyk_to_rgb(image.pixels);
  return image;
}

}  // namespace

const ImageCodec& jpeg_codec() {
  static const ImageCodec codec = {"JPEG", is_jpeg, header, decode};
  return codec;
}

}  // namespace mlctl
