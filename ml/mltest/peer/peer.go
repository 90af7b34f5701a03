// Package peer runs a Python script with scikit-learn and compares what it
// gives with what we give, to the bit.
//
// A test sends one JSON request to the script's standard input and reads one
// JSON answer; numbers that must keep their bits travel as float.hex strings
// or as base64 of little-endian bytes. The interpreter is named by
// OUTCORE_PEER_PYTHON; without it the test is skipped and says so.
package peer

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/outcore/outcore/dtype"
)

// Env names the variable that holds the Python interpreter.
const Env = "OUTCORE_PEER_PYTHON"

// Run calls script (a path from the package's folder) with request and reads
// its answer into response. It skips the test when there is no peer.
func Run(t *testing.T, script string, request, response any) {
	t.Helper()
	python := os.Getenv(Env)
	if python == "" {
		t.Skipf("SKIPPED: no live comparison with scikit-learn; run `make peer` and set %s to its python (the golden files were still checked)", Env)
	}
	in, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(script)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(python, path)
	cmd.Stdin = bytes.NewReader(in)
	var errOut bytes.Buffer
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, errOut.Bytes())
	}
	if err := json.Unmarshal(out, response); err != nil {
		t.Fatalf("%s: answer: %v", script, err)
	}
}

// Bytes is the numbers of s as base64, as numpy.frombuffer reads them.
func Bytes[T dtype.Number](s []T) string {
	return base64.StdEncoding.EncodeToString(dtype.Bytes(s))
}

// Floats reads float.hex strings.
func Floats(t *testing.T, hex []string) []float64 {
	t.Helper()
	out := make([]float64, len(hex))
	for i, h := range hex {
		x, err := strconv.ParseFloat(h, 64)
		if err != nil {
			t.Fatalf("peer: number %q: %v", h, err)
		}
		out[i] = x
	}
	return out
}

// Same reports whether got and want are equal: to the bit when tol is 0, else
// within tol of the larger of 1 and |want|. 0 and -0 are equal, as are NaNs.
func Same(got, want []float64, tol float64) bool {
	if len(got) != len(want) {
		return false
	}
	for i, w := range want {
		g := got[i]
		if g == w || g != g && w != w {
			continue
		}
		if !(math.Abs(g-w) <= tol*max(1, math.Abs(w))) {
			return false
		}
	}
	return true
}
