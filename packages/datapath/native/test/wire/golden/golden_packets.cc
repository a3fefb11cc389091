// Writes the golden vectors: golden_packets write DIR | check DIR | seeds DIR.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "golden/golden_files.h"

namespace {

using srwan::test::GoldenFiles;

void writeFile(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  if (!file.flush()) throw std::runtime_error("cannot write " + path.string());
}

std::string readFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

int check(const GoldenFiles& golden, const std::filesystem::path& directory) {
  int stale = 0;
  for (const auto& [name, content] : golden.files) {
    if (readFile(directory / name) == content.dump()) continue;
    std::fprintf(stderr, "%s differs from what this code makes: a change of a wire format, or an edited file\n",
                 name.c_str());
    ++stale;
  }
  return stale == 0 ? 0 : 1;
}

void writeSeeds(const GoldenFiles& golden, const std::filesystem::path& directory) {
  for (const auto& seed : golden.seeds) {
    writeFile(directory / seed.target / seed.name,
              {reinterpret_cast<const char*>(seed.octets.data()), seed.octets.size()});
  }
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string mode = argc == 3 ? argv[1] : "";
  GoldenFiles golden;
  srwan::test::addKeyDerivations(golden);
  srwan::test::addKeyEpochs(golden);
  srwan::test::addSegmentPackets(golden);
  srwan::test::addPairPackets(golden);
  srwan::test::addHandshakes(golden);
  srwan::test::addDataPlaintexts(golden);
  if (mode == "check") return check(golden, argv[2]);
  if (mode == "seeds") {
    writeSeeds(golden, argv[2]);
    return 0;
  }
  if (mode != "write") {
    std::fprintf(stderr, "usage: golden_packets write|check|seeds DIRECTORY\n");
    return 2;
  }
  for (const auto& [name, content] : golden.files) writeFile(std::filesystem::path(argv[2]) / name, content.dump());
  return 0;
} catch (const std::exception& error) {
  std::fprintf(stderr, "golden_packets: %s\n", error.what());
  return 1;
}
