// Command outcore is out-of-core analytics and machine learning in one
// program: chunk data larger than memory, learn from it in passes, and show
// what was learned. Run it with no arguments for things to type.
package main

import (
	"os"
)

func main() {
	os.Exit(execute(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
