// Package shellword writes words as a POSIX shell reads them back, so that what
// is printed can be pasted.
package shellword

import "strings"

// plain are the bytes beside letters and digits that no shell touches within a
// word.
const plain = "%+,-./:=@_"

// Quote gives a word as it is where a shell takes it so, else between single
// quotes.
func Quote(word string) string {
	bare := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(plain, r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !bare(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// Join gives words with a space between them, each as Quote has it.
func Join(words []string) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = Quote(w)
	}
	return strings.Join(out, " ")
}
