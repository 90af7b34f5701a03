package chunk

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/outcore/outcore/dtype"
	"github.com/outcore/outcore/npy"
)

// TestFullDiskIsSaid writes to a device that is always full.
func TestFullDiskIsSaid(t *testing.T) {
	rows := &Rows{Block: dtype.NewDense(100_000, 4, make([]float64, 400_000))}
	for _, c := range []npy.Compression{npy.None, npy.Fast} {
		f, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		w, err := NewNPZFile(f, dtype.Float64, 4, npy.Options{Compress: c})
		if err != nil {
			t.Fatal(err)
		}
		if err = w.Write(rows); err == nil {
			_, err = w.Close()
		}
		w.Abort()
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the disk is full") {
			t.Errorf("%s: %v", c, err)
		}
	}
	f, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	e, err := NewTableEncoder(tableSchema, npy.None)
	if err != nil {
		t.Fatal(err)
	}
	w, err := NewParquetFile(f, e)
	if err == nil {
		_, err = w.Close()
	}
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("parquet: %v", err)
	}
}
