// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"carescan/scanner"
	"carescan/scanner/settings"
)

const (
	maxRows  = 200_000
	maxField = 8 << 10 // bytes of one field
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

// row is one line of the export: its cells by usual column name. A line with
// more or fewer cells than the header has none, for nobody knows which is which.
type row map[string]string

// parse hands over the lines below the header and counts them. Errors never
// repeat a cell, nor a header: the first line of a file without one holds a
// person.
func parse(content string, columns []Meaning, add func(row)) (int, error) {
	content = withoutComments(content)
	reader := csv.NewReader(strings.NewReader(content))
	reader.Comma = separator(content)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	header, err := next(reader)
	if errors.Is(err, io.EOF) {
		return 0, settings.InFile(0, "le fichier est vide", "the file is empty").Because(scanner.CauseFileEmpty)
	}
	if err != nil {
		return 0, err
	}
	width := len(header)
	line, _ := reader.FieldPos(0)
	places, err := locate(line, header, columns)
	if err != nil {
		return 0, err
	}
	return rows(reader, func(cells []string) { add(newRow(cells, width, places)) })
}

// withoutComments empties the lines above the header that begin with a number
// sign: those of a model, and the first one of an export made by PowerShell. Lines
// keep their numbers.
func withoutComments(content string) string {
	rest, emptied := content, 0
	for strings.HasPrefix(rest, "#") {
		_, rest, _ = strings.Cut(rest, "\n")
		emptied++
	}
	return strings.Repeat("\n", emptied) + rest
}

// separator is the one that the header shows most.
func separator(content string) rune {
	header, _, _ := strings.Cut(strings.TrimLeft(content, "\r\n"), "\n")
	if strings.Count(header, ",") > strings.Count(header, ";") {
		return ','
	}
	return ';'
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

func newRow(cells []string, width int, places map[string]int) row {
	r := row{}
	if len(cells) != width {
		return r
	}
	for column, place := range places {
		r[column] = strings.TrimSpace(cells[place])
	}
	return r
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
	for _, column := range Defaults() {
		name := names[column]
		found := indexes(header, name)
		switch {
		case name == "":
		case len(found) == 0:
			return nil, settings.InFile(line,
				fmt.Sprintf("la colonne « %s » manque : nommez-la dans columns, {word: <son titre>, is: %s}", name, column),
				fmt.Sprintf("the column %q is missing: name it in columns, {word: <its title>, is: %s}", name, column))
		case len(found) > 1:
			return nil, settings.InFile(line,
				fmt.Sprintf("la colonne « %s » est écrite deux fois : gardez-en une", name),
				fmt.Sprintf("the column %q is written twice: keep one", name))
		default:
			places[column] = found[0]
		}
	}
	return places, nil
}

// columnNames gives each usual column its name in the export.
func columnNames(columns []Meaning) (names map[string]string, faults settings.Faults) {
	names = map[string]string{}
	for _, column := range Defaults() {
		names[column] = column
	}
	for i, m := range columns {
		if _, known := names[m.Is]; !known {
			faults = append(faults, settings.Among("columns"+settings.At(i)+".is", m.Is, Defaults()))
			continue
		}
		names[m.Is] = strings.TrimSpace(m.Word)
	}
	if names[columnLogin] == "" || names[columnFactor] == "" {
		faults = append(faults, settings.Fault{
			Key: "columns",
			What: scanner.Text{
				FR: "les colonnes " + columnLogin + " et " + columnFactor + " ne peuvent pas manquer",
				EN: "the columns " + columnLogin + " and " + columnFactor + " cannot be left out",
			},
			Hint: scanner.Text{FR: "donnez-leur leur titre dans l'export", EN: "give them their title in the export"},
		})
	}
	return names, faults
}

func indexes(header []string, name string) []int {
	var found []int
	for i, title := range header {
		if fold(title) == fold(name) {
			found = append(found, i)
		}
	}
	return found
}
