// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"carescan/scanner"
	"carescan/scanner/settings"
)

const (
	maxRows  = 200_000
	maxField = 8 << 10 // bytes of one field
	// maxColumns bounds the cells of a line: the reader of the library takes twenty
	// times the letters of a line of empty ones.
	maxColumns = 1000
)

// The columns of an export, by their usual names.
const (
	columnLogin     = "login"
	columnStatus    = "statut"
	columnFunction  = "fonction"
	columnFactor    = "facteur"
	columnMandatory = "2fa_obligatoire"
)

// Defaults lists the columns by their usual names, in their usual order.
func Defaults() []string {
	return []string{columnLogin, columnStatus, columnFunction, columnFactor, columnMandatory}
}

// row is one line of the export: its cells by usual column name. One without a
// login belongs to nobody.
type row map[string]string

// parse hands over the lines below the header and counts them; a broken line, whose
// cells cannot be told apart, is nil. Errors never repeat a cell, nor a header: the
// first line of a file without one holds a person.
func parse(content string, columns []Meaning, add func(row)) (int, error) {
	content, declared := headed(content)
	comma := cmp.Or(declared, separator(content))
	if err := narrow(content, byte(comma)); err != nil {
		return 0, err
	}
	reader := csv.NewReader(strings.NewReader(withoutFormulas(content, byte(comma))))
	reader.Comma = comma
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	header, err := next(reader)
	if errors.Is(err, io.EOF) {
		return 0, settings.InFile(0, "le fichier est vide", "the file is empty").Because(scanner.CauseFileEmpty)
	}
	if err != nil {
		return 0, err
	}
	line, _ := reader.FieldPos(0)
	places, err := locate(line, header, columns)
	if err != nil {
		return 0, err
	}
	width := len(header)
	return rows(reader, func(cells []string) { add(newRow(cells, width, places)) })
}

// headed empties what stands above the header and keeps the numbers of the lines:
// comments, which begin with a number sign (those of a model, and the first one of
// an export made by PowerShell), and the line by which Excel is told the separator.
func headed(content string) (rest string, declared rune) {
	rest, emptied := content, 0
	for {
		line, below, _ := strings.Cut(rest, "\n")
		named, found := strings.CutPrefix(strings.ToLower(strings.Trim(line, "\r\" ")), "sep=")
		switch {
		case strings.HasPrefix(rest, "#"):
		case found && declared == 0 && len(named) == 1 && strings.Contains(separators, named):
			declared = rune(named[0])
		default:
			return strings.Repeat("\n", emptied) + rest, declared
		}
		rest = below
		emptied++
	}
}

// narrow refuses a line of too many cells before it is read.
func narrow(content string, comma byte) error {
	line, cells := 1, 1
	for i := range len(content) {
		switch content[i] {
		case '\n':
			line, cells = line+1, 1
		case comma:
			cells++
		}
		if cells > maxColumns {
			return settings.InFile(line,
				fmt.Sprintf("une ligne compte plus de %d colonnes : vérifiez que c'est bien l'export voulu", maxColumns),
				fmt.Sprintf("a line has more than %d columns: check that this is the export you meant", maxColumns))
		}
	}
	return nil
}

// separators are those that are known, the likeliest first.
const separators = ";,\t|"

// separator is the one that the header shows most, outside of quotes.
func separator(content string) rune {
	header, _, _ := strings.Cut(strings.TrimLeft(content, "\r\n"), "\n")
	counts, quoted := map[rune]int{}, false
	for _, r := range header {
		if quoted = quoted != (r == '"'); !quoted {
			counts[r]++
		}
	}
	best := ';'
	for _, r := range separators {
		if counts[r] > counts[best] {
			best = r
		}
	}
	return best
}

// withoutFormulas turns ="00123", by which an export keeps Excel from reading a
// number, into "00123".
func withoutFormulas(content string, comma byte) string {
	if !strings.Contains(content, `="`) {
		return content
	}
	var plain strings.Builder
	quoted, begins := false, true
	for i := range len(content) {
		c := content[i]
		if begins && !quoted && c == '=' && i+1 < len(content) && content[i+1] == '"' {
			continue
		}
		quoted = quoted != (c == '"')
		begins = c == comma || c == '\n'
		plain.WriteByte(c)
	}
	return plain.String()
}

func rows(reader *csv.Reader, add func(cells []string)) (int, error) {
	for count := 0; ; {
		cells, err := next(reader)
		if errors.Is(err, io.EOF) {
			return count, nil
		}
		if err != nil {
			return count, err
		}
		if blank(cells) {
			continue
		}
		if count++; count > maxRows {
			return count, settings.InFile(0,
				fmt.Sprintf("au plus %d lignes sont lues : découpez l'export", maxRows),
				fmt.Sprintf("at most %d lines are read: split the export", maxRows))
		}
		add(cells)
	}
}

// newRow reads the cells of a line. Spreadsheets drop the empty ones at its end, and
// may add some (RFC 4180 section 2 rule 4 only says SHOULD); a surplus cell that holds
// something means that nobody knows which is which.
func newRow(cells []string, width int, places map[string]int) row {
	if len(cells) > width && !blank(cells[width:]) {
		return nil
	}
	r := row{}
	for column, place := range places {
		r[column] = ""
		if place < len(cells) {
			r[column] = value(cells[place])
		}
	}
	return r
}

// value is what a cell shows: a formula that is one text shows that text.
func value(cell string) string {
	cell = strings.TrimSpace(cell)
	if inner, ok := strings.CutPrefix(cell, `="`); ok && strings.HasSuffix(inner, `"`) {
		cell = strings.TrimSpace(strings.TrimSuffix(inner, `"`))
	}
	return cell
}

func next(reader *csv.Reader) ([]string, error) {
	cells, err := reader.Read()
	if fault, ok := errors.AsType[*csv.ParseError](err); ok {
		return nil, settings.InFile(fault.Line,
			"les guillemets de cette ligne sont mal placés : corrigez-les",
			fmt.Sprintf("%v; correct the quotes of this line", fault.Err))
	}
	if err != nil {
		return nil, err
	}
	for i, cell := range cells {
		if len(cell) > maxField {
			line, _ := reader.FieldPos(i)
			return nil, settings.InFile(line,
				fmt.Sprintf("une valeur dépasse %d octets ; vérifiez les guillemets qui la précèdent", maxField),
				fmt.Sprintf("a field is longer than %d bytes; check the quotes above it", maxField))
		}
	}
	return cells, nil
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// locate finds where each column stands in the header, at its line of the file. An
// empty configured name means that the export has no such column.
func locate(line int, header []string, columns []Meaning) (map[string]int, error) {
	names, faults := columnNames(columns)
	if len(faults) > 0 {
		return nil, faults
	}
	places := map[string]int{}
	var lacking []string
	for _, column := range Defaults() {
		found, name := firstOf(header, names[column])
		switch {
		case len(names[column]) == 0:
		case len(found) == 0:
			lacking = append(lacking, column)
		case len(found) > 1:
			return nil, settings.InFile(line,
				fmt.Sprintf("la colonne « %s » est écrite deux fois : gardez-en une", name),
				fmt.Sprintf("the column %q is written twice: keep one", name)).
				Over(scanner.Cause{Code: scanner.CauseFieldRepeated}.With(scanner.ValueField, name))
		default:
			places[column] = found[0]
		}
	}
	if len(lacking) > 0 {
		return nil, notInHeader(line, lacking)
	}
	return places, nil
}

// notInHeader says which line was taken for the header, as an export may begin with
// a title, and what to write.
func notInHeader(line int, lacking []string) settings.Faults {
	var declared []string
	for _, column := range lacking {
		declared = append(declared, fmt.Sprintf(`{word: "…", is: %s}`, column))
	}
	named, syntax := strings.Join(lacking, ", "), "columns: ["+strings.Join(declared, ", ")+"]"
	return settings.InFile(line,
		fmt.Sprintf("cette ligne est lue comme celle des titres, et il y manque : %s ; ôtez ce qui précède les titres, ou déclarez les titres de l'export à la place des points : %s", named, syntax),
		fmt.Sprintf("this line is read as that of the titles, and it lacks: %s; remove what stands above the titles, or declare the titles of the export in place of the dots: %s", named, syntax)).
		Over(scanner.Cause{Code: scanner.CauseFieldMissing}.With(scanner.ValueField, named))
}

// columnNames gives each usual column the names it may have in the export, best
// first; none means that the export has no such column. A title that is declared for
// one column is not taken for another.
func columnNames(columns []Meaning) (names map[string][]string, faults settings.Faults) {
	names = titles()
	var declared []string
	for i, m := range columns {
		if _, known := names[m.Is]; !known {
			faults = append(faults, settings.Among("columns"+settings.At(i)+".is", m.Is, Defaults()))
			continue
		}
		names[m.Is] = nil
		if word := strings.TrimSpace(m.Word); word != "" {
			names[m.Is] = []string{word}
			declared = append(declared, m.Is)
		}
	}
	for column, list := range names {
		if !slices.Contains(declared, column) {
			names[column] = slices.DeleteFunc(list, func(name string) bool {
				return slices.ContainsFunc(declared, func(other string) bool { return title(names[other][0]) == title(name) })
			})
		}
	}
	if len(names[columnLogin]) == 0 || len(names[columnFactor]) == 0 {
		faults = append(faults, settings.Fault{
			Key: "columns",
			What: scanner.Text{
				FR: "les colonnes " + columnLogin + " et " + columnFactor + " ne peuvent pas manquer",
				EN: "the columns " + columnLogin + " and " + columnFactor + " cannot be left out",
			},
			Hint: scanner.Text{
				FR: `donnez-leur leur titre dans l'export, par exemple columns: [{word: Identifiant, is: login}]`,
				EN: `give them their title in the export, for example columns: [{word: Identifiant, is: login}]`,
			},
		})
	}
	return names, faults
}

// firstOf finds the best name that the header has, and where.
func firstOf(header, names []string) (found []int, name string) {
	for _, name = range names {
		for i, written := range header {
			if title(value(written)) == title(name) {
				found = append(found, i)
			}
		}
		if len(found) > 0 {
			return found, name
		}
	}
	return nil, ""
}

// title makes a header comparable: as fold does, and signs are spaces, for
// "2fa_obligatoire" is also written "2FA obligatoire", and "N° RPPS" "n°rpps".
func title(header string) string {
	folded := fold(header)
	words := strings.FieldsFunc(folded, func(r rune) bool {
		return r == '\u00ba' || !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	return cmp.Or(strings.Join(words, " "), folded)
}
