// SPDX-License-Identifier: Apache-2.0

package accounts

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"carescan/scanner"
	"carescan/scanner/probes/internal/localfile"
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
func parse(content string, columns map[string]string, add func(row)) (int, error) {
	reader := csv.NewReader(strings.NewReader(content))
	reader.Comma = separator(content)
	reader.FieldsPerRecord = -1
	reader.ReuseRecord = true
	header, err := next(reader)
	if errors.Is(err, io.EOF) {
		return 0, scanner.NotSeen(scanner.CauseFileEmpty, nil, errors.New("the file is empty"))
	}
	if err != nil {
		return 0, err
	}
	width := len(header)
	places, err := locate(header, columns)
	if err != nil {
		return 0, err
	}
	return rows(reader, func(cells []string) { add(newRow(cells, width, places)) })
}

// separator is the one that the header shows most.
func separator(content string) rune {
	header, _, _ := strings.Cut(content, "\n")
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
			return count, scanner.NotSeen(scanner.CauseTooMany, scanner.Values{scanner.ValueLimit: strconv.Itoa(maxRows)},
				fmt.Errorf("at most %d lines are read: split the export", maxRows))
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
		return nil, localfile.On(fault.Line, fmt.Errorf("line %d: %w; correct the quotes of this line", fault.Line, fault.Err))
	}
	if err != nil {
		return nil, err
	}
	for i, cell := range cells {
		if len(cell) > maxField {
			line, _ := reader.FieldPos(i)
			return nil, localfile.On(line, fmt.Errorf("line %d: a field is longer than %d bytes; check the quotes above it", line, maxField))
		}
	}
	return cells, nil
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) != "" })
}

// locate finds where each column stands. An empty configured name means that
// the export has no such column.
func locate(header []string, columns map[string]string) (map[string]int, error) {
	names, err := columnNames(columns)
	if err != nil {
		return nil, err
	}
	places := map[string]int{}
	for column, name := range names {
		found := indexes(header, name)
		switch {
		case name == "":
		case len(found) == 0:
			return nil, localfile.On(1, scanner.NotSeen(scanner.CauseFieldMissing, field(name, ""),
				fmt.Errorf("line 1: the column %q is missing: name it in columns, as %s: <its title>", name, column)))
		case len(found) > 1:
			return nil, localfile.On(1, scanner.NotSeen(scanner.CauseFieldRepeated, field(name, ""),
				fmt.Errorf("line 1: the column %q is written twice: keep one", name)))
		default:
			places[column] = found[0]
		}
	}
	return places, nil
}

func columnNames(columns map[string]string) (map[string]string, error) {
	names := map[string]string{}
	for _, column := range Defaults() {
		names[column] = column
	}
	for column, name := range columns {
		if _, known := names[column]; !known {
			known := strings.Join(Defaults(), ", ")
			return nil, scanner.NotSeen(scanner.CauseFieldWrong, field("columns", known), fmt.Errorf("columns must be among %s", known))
		}
		names[column] = strings.TrimSpace(name)
	}
	if names[columnLogin] == "" || names[columnFactor] == "" {
		return nil, scanner.NotSeen(scanner.CauseFieldMissing, field(columnLogin+", "+columnFactor, ""),
			fmt.Errorf("the columns %s and %s cannot be left out", columnLogin, columnFactor))
	}
	return names, nil
}

// field names a column or a key of the configuration, and what is expected there.
func field(name, expected string) scanner.Values {
	return scanner.Values{scanner.ValueField: name, scanner.ValueExpected: expected}
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
