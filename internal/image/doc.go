// Package image keeps the pages of the program's own file that are resident to
// those that it uses. Whoever imports it starts with less.
package image
