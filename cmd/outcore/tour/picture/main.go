// Command picture makes the README's picture of the tour: it reads what the
// tour printed and writes a terminal's window as SVG.
//
//	go run ./cmd/outcore tour | go run ./cmd/outcore/tour/picture >docs/tour.svg
package main

import (
	"bufio"
	"fmt"
	"os"

	"github.com/outcore/outcore/plot"
)

func main() {
	lines := []string{"$ outcore tour"}
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		lines = append(lines, in.Text())
	}
	if err := in.Err(); err != nil {
		fmt.Fprintf(os.Stderr, "picture: %v\n", err)
		os.Exit(1)
	}
	if _, err := os.Stdout.Write(plot.File(plot.Terminal(lines))); err != nil {
		fmt.Fprintf(os.Stderr, "picture: %v\n", err)
		os.Exit(1)
	}
}
