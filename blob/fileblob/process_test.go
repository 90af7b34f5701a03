package fileblob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/outcore/outcore/blob"
	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/internal/torture"
)

// TestMain runs this program as a writer when a test starts it so.
func TestMain(m *testing.M) {
	dir := os.Getenv("FILEBLOB_TEST_DIR")
	var err error
	switch role := os.Getenv("FILEBLOB_TEST_ROLE"); role {
	case "":
		os.Exit(m.Run())
	case "count":
		err = count(dir, 25)
	case "write":
		err = writeForever(dir)
	case "durably":
		err = durably(dir)
	default:
		err = fmt.Errorf("no role %q", role)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child starts this program in a role.
func child(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), "FILEBLOB_TEST_ROLE="+role, "FILEBLOB_TEST_DIR="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// count adds n to the number in an object, one by one, by compare-and-swap.
func count(dir string, n int) error {
	ctx := context.Background()
	b, err := blob.Open(ctx, dir)
	if err != nil {
		return err
	}
	for done := 0; done < n; {
		p, info, err := b.ReadAll(ctx, "count", 100)
		if err != nil {
			return err
		}
		have, err := strconv.Atoi(string(p))
		if err != nil {
			return err
		}
		_, err = b.Put(ctx, "count", strings.NewReader(strconv.Itoa(have+1)), -1, blob.PutOptions{IfVersion: info.Version})
		switch {
		case err == nil:
			done++
		case !errors.Is(err, errs.Conflict):
			return err
		}
	}
	return b.Close()
}

func TestProcessesSwapWithoutLoss(t *testing.T) {
	dir := t.TempDir()
	b := openDir(t, dir)
	put(t, b, "count", "0")
	var children []*exec.Cmd
	for range 3 {
		cmd := child(t, "count", dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, cmd)
	}
	for _, cmd := range children {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if p, _, err := b.ReadAll(context.Background(), "count", 10); err != nil || string(p) != "75" {
		t.Errorf("counted %q, %v; want 75", p, err)
	}
}

// writeForever replaces objects of all sizes, each of one repeated byte, and
// says so first.
func writeForever(dir string) error {
	ctx := context.Background()
	b, err := blob.Open(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for i := 0; ; i++ {
		p := bytes.Repeat([]byte{byte(i)}, 1+i*7919%(2<<20))
		if i%2 == 0 {
			_, err = b.Put(ctx, fmt.Sprint("put-", i%5), bytes.NewReader(p), int64(len(p)), blob.PutOptions{Lazy: i%4 == 0})
		} else {
			staged := filepath.Join(dir, "staged")
			if err = os.WriteFile(staged, p, 0o644); err == nil {
				_, err = b.PutFile(ctx, fmt.Sprint("file-", i%5), staged, blob.PutOptions{})
			}
		}
		if err != nil {
			return err
		}
	}
}

func TestKilledWritersLeaveWholeObjects(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	for range torture.Rounds(8, 300) {
		cmd := child(t, "write", dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(out, make([]byte, len("ready\n"))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(rand.N(60 * time.Millisecond)) //nolint:forbidigo // the instant of death is the point
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // it was killed

		b := openDir(t, dir)
		for info, err := range b.List(ctx, "") {
			if err != nil {
				t.Fatal(err)
			}
			if info.Key == "staged" {
				continue // not the bucket's
			}
			p, _, err := b.ReadAll(ctx, info.Key, 1<<30)
			if err != nil || len(p) == 0 || !bytes.Equal(p, bytes.Repeat(p[:1], len(p))) {
				t.Fatalf("%s is not what one write wrote: %d bytes, %v", info.Key, len(p), err)
			}
		}
		put(t, b, "mine", "1")
		if n := temps(t, dir); n != 0 {
			t.Fatalf("%d strays are left", n)
		}
	}
}
