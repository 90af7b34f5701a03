package deflate

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestNumpyLoadsBlocks writes an npz file of each level and has NumPy read it.
func TestNumpyLoadsBlocks(t *testing.T) {
	python := os.Getenv("OUTCORE_PEER_PYTHON")
	if python == "" {
		t.Skip("SKIPPED: OUTCORE_PEER_PYTHON names no Python with NumPy; `make peer` makes one")
	}
	rows := digits(784 * 4 * 500)
	sum := 0.0
	for i := 0; i < len(rows); i += 4 {
		sum += float64(math.Float32frombits(binary.LittleEndian.Uint32(rows[i:])))
	}
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (500, 784), }"
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	npy := append([]byte("\x93NUMPY\x01\x00\x76\x00"), header...)
	for _, level := range []Level{Fast, Max} {
		body, w := compress(t, rows, Options{Level: level, BlockSize: 1 << 17})
		member := append(AppendStored(nil, npy, false), body...)
		path := filepath.Join(t.TempDir(), "x.npz")
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		z := zip.NewWriter(f)
		m, err := z.CreateRaw(&zip.FileHeader{
			Name: "arr_0.npy", Method: zip.Deflate,
			CRC32:              CombineCRC32(crc32.ChecksumIEEE(npy), w.CRC32(), w.Size()),
			CompressedSize64:   uint64(len(member)),
			UncompressedSize64: uint64(len(npy)) + uint64(w.Size()),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Write(member); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(python, "-c", `import sys, numpy
a = numpy.load(sys.argv[1])["arr_0"]
print(a.shape, a.dtype, repr(float(numpy.sum(a, dtype="f8"))))`, path).CombinedOutput()
		if err != nil {
			t.Fatalf("level %d: %v\n%s", level, err, out)
		}
		var got float64
		if _, err := fmt.Sscanf(string(out), "(500, 784) float32 %g", &got); err != nil || math.Abs(got-sum) > 1e-6 {
			t.Errorf("level %d: NumPy reads %q, the sum is %v", level, out, sum)
		}
	}
}
