#pragma once
// How much any one document, file or network may hold. Input can come from anywhere, and a size stated in
// it is only a claim. So each limit is checked before the memory is taken, is far above real use, and is
// named in the error when it is exceeded.

#include <cstddef>
#include <cstdint>

namespace mlctl::limits {

// JSON. Our documents nest 8 deep; 100 keeps every recursive walk (copying, printing) far from the stack's
// end. A value takes up to 64 bytes of memory: 16 Mi of them are 1 GiB, and hold the names of 8 million users
// and items of a recommender with room to spare.
inline constexpr size_t kJsonDepth = 100;
inline constexpr size_t kJsonValues = size_t{16} << 20;
inline constexpr size_t kJsonBytes = size_t{512} << 20;
// One row of JSON Lines, one request, one line of a log: ImageNet's widest tables have 100,000 columns.
inline constexpr size_t kJsonRowValues = size_t{4} << 20;

// YAML. Each document of a manifest keeps the text that it came from: a megabyte of empty ones would take
// gigabytes.
inline constexpr size_t kYamlBytes = size_t{1} << 20;
inline constexpr size_t kYamlDepth = 100;
inline constexpr size_t kYamlDocuments = 500;
inline constexpr size_t kYamlAliases = 50;
inline constexpr size_t kYamlAliasedNodes = 10'000;  // nodes that all aliases of a file may add together

// Files of our own under a state folder, and the keys of a user.
inline constexpr uint64_t kSealBytes = uint64_t{256} << 20;
inline constexpr uint64_t kStateBytes = uint64_t{1} << 20;
inline constexpr uint64_t kKeyFileBytes = uint64_t{4} << 20;

// A path in a document: the longest that Linux takes, so every dataset that was ever written passes.
inline constexpr size_t kPathBytes = 4096;
inline constexpr size_t kPathPartBytes = 255;

// Datasets. The widest public tables (gene expression) have some 60,000 columns, the largest label sets
// (ImageNet-21k, JFT) 21,000 and 30,000 classes; a shard is some 64 MiB.
inline constexpr size_t kColumns = size_t{1} << 18;
inline constexpr size_t kClasses = size_t{1} << 20;
inline constexpr size_t kShards = size_t{1} << 20;
inline constexpr size_t kSplits = 64;
inline constexpr uint64_t kShardBytes = uint64_t{4} << 30;  // one is read at a time, as a whole
inline constexpr int64_t kSamples = int64_t{1} << 48;
inline constexpr size_t kBins = 65'536;  // of one feature's statistics; ingest makes 10, or 100 values

// Records. A row of a table, a text: the longest book of Project Gutenberg has 10 MB.
inline constexpr size_t kRecordBytes = size_t{64} << 20;

// Pictures, as files and decoded: what Pillow takes for a decompression bomb is 512 MiB of RGB.
inline constexpr int64_t kPictureBytes = int64_t{512} << 20;
inline constexpr size_t kPictureLabelBytes = size_t{64} << 10;  // a .json or .cls beside it in an archive
inline constexpr int64_t kPixels = 178'956'970;
// Memory for all pictures decoded at the same time. A single picture may always be decoded.
inline constexpr size_t kDecodingBytes = size_t{1} << 30;
// A JPEG has one scan, a progressive one ten or so; encoders that search for the smallest file write some
// twenty. A scan may take few bytes and yet goes over the whole picture. So a picture may have kJpegScans
// scans, and a small one more, up to kJpegScannedPixels pixels in all scans. Where there are several, their
// coefficients stay in memory, two bytes for each sample.
inline constexpr int kJpegScans = 32;
inline constexpr int64_t kJpegScannedPixels = int64_t{1} << 28;
inline constexpr int64_t kJpegCoefficientBytes = int64_t{1} << 30;
// IDX: MNIST has 70,000 pictures of 784 bytes; the largest file of its kind has 814,255 pictures.
inline constexpr int64_t kIdxItems = int64_t{1} << 28;
inline constexpr int64_t kIdxItemBytes = int64_t{1} << 28;
// Archives: unpacked bytes per packed byte; checked from kUnpackedFloor unpacked bytes on.
inline constexpr int64_t kUnpackedRatio = 200;
inline constexpr int64_t kUnpackedFloor = int64_t{1} << 30;

// Networks. ResNet-1001 has 3,000 layers; an example of a ResNet-50 at 224×224 leaves 22 million activations
// and the largest language model has 10^12 weights, which is not what one machine trains.
inline constexpr size_t kLayers = 10'000;
inline constexpr int64_t kInputSide = 16'384;              // of a picture, in pixels
inline constexpr int64_t kInputValues = int64_t{1} << 26;  // of one example: 4,096 × 4,096 × 4
inline constexpr int64_t kActivations = int64_t{1} << 28;  // of one example in all layers: 1 GiB
inline constexpr int64_t kParameters = int64_t{1} << 36;   // 256 GiB of float32
inline constexpr uint64_t kWeightBytes = uint64_t{4} * kParameters;
inline constexpr int64_t kExtent = int64_t{1} << 40;        // of a kernel, stride, padding or number of units
inline constexpr int64_t kNgrams = 16;                      // word n-grams: beyond 5 they hardly repeat
inline constexpr int64_t kTokens = (int64_t{1} << 31) - 2;  // buckets: ids are 32-bit

// Safetensors. The largest shards of language models hold some 1,000 tensors.
inline constexpr uint64_t kTensorHeaderBytes = 100'000'000;  // the format's own limit
inline constexpr size_t kTensors = 200'000;
inline constexpr size_t kTensorDimensions = 64;

// The inference server. Bodies and answers of all connections share the bytes held.
inline constexpr size_t kHttpHeadBytes = size_t{16} << 10;
inline constexpr size_t kHttpBodyBytes = size_t{64} << 20;
inline constexpr size_t kHttpBytesHeld = size_t{256} << 20;
inline constexpr size_t kHttpFramingBytes = size_t{1} << 20;
inline constexpr size_t kHttpConnections = 1024;
inline constexpr int64_t kWireElements = int64_t{1} << 40;  // of a V2 tensor's shape

// What `monitor` reads from an endpoint; one of mlctl's sends some hundred samples. Sums of so many counts
// over so many bins do not overflow.
inline constexpr size_t kPrometheusSamples = 20'000;
inline constexpr int64_t kServedCount = int64_t{1} << 48;
inline constexpr size_t kServedFeatures = 4096, kServedBins = 8192;

}  // namespace mlctl::limits
