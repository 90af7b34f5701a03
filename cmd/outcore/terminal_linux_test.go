package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// openTerminal gives the two ends of a pseudo-terminal of so many columns.
func openTerminal(t *testing.T, columns uint16) (keeper, user *os.File) {
	t.Helper()
	keeper, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("NOT TESTED: no pseudo-terminals here: %v", err)
	}
	if err := unix.IoctlSetPointerInt(int(keeper.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetUint32(int(keeper.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	user, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetWinsize(int(user.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: columns}); err != nil {
		t.Fatal(err)
	}
	return keeper, user
}

func TestARunOnATerminalEndsWithItsLines(t *testing.T) {
	s := newShell(t)
	s.write("flights.csv", flights(20_000))
	for _, columns := range []uint16{80, 20, 0} { // some terminals do not say
		keeper, user := openTerminal(t, columns)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		cmd := s.command(ctx, "chunk", "flights.csv", fmt.Sprintf("out%d", columns), "--repeat", "40")
		cmd.Env = append(cmd.Env, "TERM=xterm")
		cmd.Stdout, cmd.Stderr = user, user
		shown := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(keeper) // ends by an error when the other end closes
			shown <- b
		}()
		err := cmd.Run()
		user.Close()
		got := <-shown
		keeper.Close()
		cancel()
		if err != nil {
			t.Fatalf("%d columns: %v\n%q", columns, err, got)
		}
		for _, want := range []string{"chunk: ", "800000 rows in ", "manifest"} {
			if !bytes.Contains(got, []byte(want)) {
				t.Errorf("%d columns: no %q in %q", columns, want, got)
			}
		}
	}
}
