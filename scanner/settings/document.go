// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// What a file may hold; ten times what a large establishment writes.
const (
	maxKeys  = 10_000 // keys, and items of lists
	maxDepth = 16     // keys and lists inside one another
	// maxMarks is the most signs that may begin a key or an item; texts hold some too.
	maxMarks = 10 * maxKeys
)

// reading is one file while it is read.
type reading struct {
	voice
	File
	faults Faults
	paths  []string // that may stand in the file
	keys   int      // and items, so far
}

// fault notes what is wrong at a place of the file.
func (r *reading) fault(at place, key string, f Fault) {
	f.File, f.Line, f.Column, f.Key = r.name, at.line, at.column, key
	r.faults = append(r.faults, f)
}

func placeOf(n *yaml.Node) place { return place{n.Line, n.Column} }

// document reads the bytes into the one document they hold; nil when they hold
// none, or nothing that can be read.
func (r *reading) document(data []byte) *yaml.Node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(data) > MaxFile {
		r.fault(place{}, "", *tooLarge())
		return nil
	}
	if !r.areLetters(data) || !r.areFew(data) {
		return nil
	}
	source := &lines{rest: data}
	decoder := yaml.NewDecoder(source)
	var first, second yaml.Node
	switch err := decoder.Decode(&first); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		r.malformed(err, source, data)
		return nil
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		r.malformed(err, source, data)
		return nil
	default:
		r.fault(placeOf(&second), "", Fault{
			What: Say("un second document YAML commence ici", "a second YAML document begins here"),
			Hint: Say("retirez la ligne --- et ce qui la suit", "remove the line --- and what follows it"),
		})
		return nil
	}
	root := first.Content[0]
	if isNull(root) && root.Value == "" {
		return nil
	}
	return root
}

// areLetters refuses bytes that are not UTF-8, and letters that cannot be seen.
func (r *reading) areLetters(data []byte) bool {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		r.fault(place{1, 1}, "", Fault{What: Say("le fichier est enregistré en UTF-16", "the file is saved as UTF-16"), Hint: saveAsUTF8()})
		return false
	}
	at := place{1, 1}
	for len(data) > 0 {
		letter, size := utf8.DecodeRune(data)
		switch {
		case letter == utf8.RuneError && size == 1:
			r.fault(at, "", Fault{
				What: Say("le fichier n'est pas en UTF-8 : une lettre accentuée y est sans doute codée en Windows-1252 ou Latin-1",
					"the file is not UTF-8: an accented letter is probably encoded as Windows-1252 or Latin-1"),
				Hint: saveAsUTF8(),
			})
			return false
		case isUnseen(letter):
			r.fault(at, "", Fault{
				What: Say("un caractère invisible (U+%04X) se trouve ici", "a character that cannot be seen (U+%04X) stands here", letter),
				Hint: Say("effacez-le, ou retapez la ligne", "delete it, or type the line again"),
			})
			return false
		case letter == '\n':
			at = place{at.line + 1, 0}
		}
		at.column++
		data = data[size:]
	}
	return true
}

// isUnseen tells the characters that YAML refuses (1.2.2 section 5.1), and the line
// breaks that only some readers see (section 5.4).
func isUnseen(r rune) bool {
	switch {
	case r == '\t', r == '\n', r == '\r':
		return false
	case r < ' ', r >= 0x7f && r < 0xa0, r == '\u2028', r == '\u2029', r == '\ufeff', r == '\ufffe', r == '\uffff':
		return true
	}
	return false
}

// areFew counts the signs of YAML before a tree is made of them: a node of the
// library takes two hundred times the letters that make one.
func (r *reading) areFew(data []byte) bool {
	marks, line := 0, 1
	for i, letter := range data {
		switch letter {
		case '\n':
			line++
		case ',', ':', '[', '{':
			marks++
		case '-', '?': // alone, or within a word
			if i+1 == len(data) || data[i+1] <= ' ' {
				marks++
			}
		}
		if marks > maxMarks {
			r.fault(place{line: line}, "", tooManyKeys())
			return false
		}
	}
	return true
}

func tooManyKeys() Fault {
	return Fault{
		What: Say("le fichier compte plus de %d clés et éléments", "the file holds more than %d keys and items", maxKeys),
		Hint: Say("vérifiez que c'est bien le fichier voulu", "check that this is the file you meant"),
	}
}

// statedLine is the line that an error of the YAML library begins with.
var statedLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// malformed says what the YAML library could not read, and about where.
func (r *reading) malformed(err error, source *lines, data []byte) {
	parts := statedLine.FindStringSubmatch(err.Error())
	message, at := strings.TrimPrefix(err.Error(), parts[0]), place{line: max(1, source.handed)}
	stated, _ := strconv.Atoi(parts[1]) // 0 where none is stated
	text := bytes.Split(data, []byte("\n"))[at.line-1]
	if bytes.HasPrefix(bytes.TrimLeft(text, " "), []byte("\t")) {
		message = "tab character" // other errors follow from it
	}
	for _, known := range malformations {
		if !strings.Contains(message, known.message) {
			continue
		}
		switch {
		case known.opened:
			at.line = stated + 1 // counted from 0
		case stated > 0 && len(source.rest) == 0:
			at.line = stated
		}
		r.fault(at, "", known.fault)
		return
	}
	r.fault(at, "", Fault{
		What: Say("ce n'est pas du YAML valide", "this is not valid YAML"),
		Hint: Say("vérifiez les retraits (des espaces, jamais de tabulation) et les guillemets de cette ligne et de la précédente",
			"check the indentation (spaces, never tabs) and the quotes of this line and of the one before"),
	})
}

// malformations words the errors of the YAML library that a person can meet.
var malformations = []struct {
	message string
	opened  bool // the line stated is that of the bracket
	fault   Fault
}{
	{message: "cannot start any token", fault: Fault{
		What: Say("un texte ne peut pas commencer par @, ` ou %% sans guillemets", "a text cannot begin with @, ` or %% without quotes"),
		Hint: Say("mettez ce texte entre guillemets, et des espaces à la place des tabulations", "write quotes around this text, and spaces instead of tabs"),
	}},
	{message: "tab character", fault: Fault{
		What: Say("une tabulation tient lieu de retrait", "a tab is used as indentation"),
		Hint: Say("mettez des espaces à la place", "write spaces instead"),
	}},
	{message: "mapping values are not allowed", fault: Fault{
		What: Say("le signe « : » ne peut pas se trouver ici", `the sign ":" cannot stand here`),
		Hint: Say("alignez cette clé avec ses voisines, ou mettez entre guillemets un texte qui contient « : »", `align this key with its neighbours, or write quotes around a text that holds ":"`),
	}},
	{message: "did not find expected key", fault: Fault{
		What: Say("une clé suivie de « : » est attendue ici", `a key followed by ":" is expected here`),
		Hint: Say("alignez cette ligne avec ses voisines, et vérifiez les guillemets de la précédente", "align this line with its neighbours, and check the quotes of the one before"),
	}},
	{message: "could not find expected ':'", fault: Fault{
		What: Say("une clé suivie de « : » est attendue ici", `a key followed by ":" is expected here`),
		Hint: Say("alignez cette ligne avec ses voisines, et vérifiez les guillemets de la précédente", "align this line with its neighbours, and check the quotes of the one before"),
	}},
	{message: "expected '-' indicator", fault: Fault{
		What: Say("un élément de liste, qui commence par un tiret, est attendu ici", "an item of a list, that begins with a dash, is expected here"),
		Hint: Say("alignez les tirets de la liste, ou reculez cette ligne si elle n'en fait plus partie", "align the dashes of the list, or move this line back if it is no part of it"),
	}},
	{message: "block sequence entries are not allowed", fault: Fault{
		What: Say("un tiret de liste ne peut pas se trouver ici", "the dash of a list cannot stand here"),
		Hint: Say("passez à la ligne avant le premier tiret", "begin a new line before the first dash"),
	}},
	{message: "expected ',' or ']'", opened: true, fault: Fault{
		What: Say("une liste ouverte par [ n'est pas fermée", "a list opened with [ is not closed"),
		Hint: Say("ajoutez la virgule ou le crochet ] qui manque", "add the missing comma or bracket ]"),
	}},
	{message: "expected ',' or '}'", opened: true, fault: Fault{
		What: Say("une accolade { n'est pas fermée", "a brace { is not closed"),
		Hint: Say("ajoutez la virgule ou l'accolade } qui manque", "add the missing comma or brace }"),
	}},
	{message: "expected node content", fault: Fault{
		What: Say("une valeur est attendue ici", "a value is expected here"),
		Hint: Say("vérifiez que chaque crochet, accolade et guillemet ouvert est fermé", "check that every bracket, brace and quote that is opened is closed"),
	}},
	{message: "unexpected end of stream", fault: Fault{
		What: Say("un guillemet ouvert n'est pas fermé", "an opened quote is not closed"),
		Hint: Say("ajoutez le guillemet qui manque ; une apostrophe dans un texte se met entre guillemets doubles", "add the missing quote; a text that holds an apostrophe goes between double quotes"),
	}},
	{message: "unknown escape character", fault: Fault{
		What: Say("une barre oblique inverse ne s'écrit pas ainsi entre guillemets doubles", "a backslash is not written like this between double quotes"),
		Hint: Say(`doublez-la (\\), ou mettez un chemin Windows entre apostrophes : 'C:\carescan'`, `double it (\\), or write a Windows path between apostrophes: 'C:\carescan'`),
	}},
	{message: "unknown anchor", fault: aliasRefused()},
	{message: "exceeded max depth", fault: tooDeep()},
}

func aliasRefused() Fault {
	return Fault{
		What: Say("les renvois de YAML (&, *, <<) ne sont pas acceptés", "the references of YAML (&, *, <<) are not accepted"),
		Hint: Say("écrivez la valeur à chaque endroit, ou entre guillemets un texte qui commence par & ou *", "write the value in each place, or quotes around a text that begins with & or *"),
	}
}

func tooDeep() Fault {
	return Fault{
		What: Say("plus de %d niveaux s'emboîtent", "more than %d levels stand inside one another", maxDepth),
		Hint: Say("vérifiez les crochets, les accolades et les retraits", "check the brackets, the braces and the indentation"),
	}
}

// refuse notes what is wrong with a part of the document, whose key may be a
// word of the file and no known one.
func (r *reading) refuse(n *yaml.Node, key string, f Fault) {
	if r.discreet {
		key = ""
	}
	r.fault(placeOf(n), key, f)
}

// survey walks the document once: it notes where keys stand, and refuses what no
// setting may hold, whatever its kind. It tells whether the rest may be read.
func (r *reading) survey(n *yaml.Node, key string, depth int) bool {
	if depth > maxDepth {
		r.refuse(n, "", tooDeep())
		return false
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		r.refuse(n, key, aliasRefused())
		return false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		r.refuse(n, key, Fault{
			What: Say("les étiquettes de YAML (!) ne sont pas acceptées", "the tags of YAML (!) are not accepted"),
			Hint: Say("écrivez la valeur seule, entre guillemets si elle commence par !", "write the value alone, with quotes around it if it begins with !"),
		})
		return false
	}
	if n.Kind == yaml.MappingNode {
		return r.surveyKeys(n, key, depth)
	}
	for i, item := range n.Content { // of a list; one value holds none
		path := fmt.Sprintf("%s[%d]", key, i)
		r.places[path] = placeOf(item)
		if !r.counted(item) || !r.survey(item, path, depth+1) {
			return false
		}
	}
	return true
}

func (r *reading) surveyKeys(n *yaml.Node, key string, depth int) bool {
	first := map[string]int{} // line of each key
	for i := 0; i < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if !r.counted(name) || !r.survey(name, key, depth+1) {
			return false
		}
		if name.Kind != yaml.ScalarNode {
			r.refuse(name, key, Fault{
				What: Say("une clé est un mot, et non une liste", "a key is a word, not a list"),
				Hint: Say("vérifiez les accolades et les crochets", "check the braces and the brackets"),
			})
			return false
		}
		if isMerge(name) {
			r.refuse(name, key, aliasRefused())
			return false
		}
		path := below(key, name.Value)
		if line, ok := first[name.Value]; ok {
			r.refuse(name, path, Fault{
				What: Say("cette clé est déjà écrite à la ligne %d", "this key is already written on line %d", line),
				Hint: Say("gardez une seule des deux", "keep one of the two"),
			})
			continue
		}
		first[name.Value] = name.Line
		r.places[path] = placeOf(name)
		if !r.survey(value, path, depth+1) {
			return false
		}
	}
	return true
}

// counted bounds the work that a file may cause.
func (r *reading) counted(n *yaml.Node) bool {
	if r.keys++; r.keys <= maxKeys {
		return true
	}
	r.refuse(n, "", tooManyKeys())
	return false
}

// isMerge tells the key << of YAML 1.1, that brings the keys of another place.
func isMerge(n *yaml.Node) bool { return n.Value == "<<" && n.Style == 0 }

// isNull tells a value that is nothing: null, ~ or no word at all.
func isNull(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style == 0 && n.ShortTag() == "!!null"
}
