package plot

import (
	_ "embed"
	"fmt"
	"strings"
)

// Style is the style sheet of all charts: variables for colours (light, and
// dark where the reader's screen asks for it; print is light) and the classes
// charts use. A page has it once; File puts it into each file.
//
// The colours of lines and text have a contrast of 4.5 or more on the paper and
// differ in lightness or dash, so that no one has to tell hues apart.
//
//go:embed style.css
var Style string

// File makes a picture that stands alone from what a chart's SVG method gave.
func File(svg string) []byte {
	head, body, _ := strings.Cut(svg, ">")
	size := fmt.Sprintf("%s xmlns=%q>\n<style>\n%s</style>\n", head, "http://www.w3.org/2000/svg", Style)
	return []byte(size + `<rect class="ground" width="100%" height="100%"/>` + body)
}
