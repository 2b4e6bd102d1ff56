// The XML that networks are written in is read; everything beyond that is refused with the place.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributeOf, childOf, readXml } from './xml.ts'

const read = (text: string) => readXml(text, 'some.xml')

test('elements, attributes, text, comments and entities', () => {
  const root = read(`<?xml version="1.0"?>
    <net name='a &lt; b &amp;amp; "c"' version = "11"><!-- a > b -->
      <dim>128</dim ><empty/><dim> 3 &gt; 2 </dim>
    </net >
  `)
  assert.equal(root.name, 'net')
  assert.deepEqual(
    [...root.attributes],
    [
      ['name', 'a < b &amp; "c"'],
      ['version', '11'],
    ],
  )
  assert.deepEqual(
    root.children.map(({ name, text }) => [name, text]),
    [
      ['dim', '128'],
      ['empty', ''],
      ['dim', '3 > 2'],
    ],
  )
  assert.equal(attributeOf(root, 'version', 'some.xml'), '11')
  assert.equal(childOf(root, 'empty', 'some.xml').children.length, 0)
})

test('what networks are not written in is refused, with the place', () => {
  for (const [text, problem] of [
    ['', /not one element, closed/],
    ['<a>', /not one element, closed/],
    ['<a/><b/>', /not one element, closed/],
    ['<a></b>', /<\/b> out of place at character 3/],
    ['</a>', /<\/a> out of place at character 0/],
    ['a', /text out of place at character 0/],
    ['<a>b<c/></a>', /<c> beside text/],
    ['<a><c/>b</a>', /text out of place/],
    ['<a b="1" b="2"/>', /two attributes b/],
    ['<a b="&#65;"/>', /an unknown entity/],
    ['<a>&bomb;</a>', /an unknown entity/],
    ['<a b=1/>', /something else than a tag at character 0/],
    ['<a><![CDATA[b]]></a>', /something else than a tag at character 3/],
    ['<!DOCTYPE a [<!ENTITY b "c">]><a/>', /something else than a tag at character 0/],
    ['<a/><?xml version="1.0"?>', /a late declaration/],
    ['<a><!-- b -- c --></a>', /something else than a tag/],
    ['<a>'.repeat(40), /more than 32 elements within each other/],
  ] as const)
    assert.throws(() => read(text), { code: 'pack_source_corrupt', message: problem }, text)
})

test('a child or attribute that must be there is named', () => {
  const root = read('<net><edges/><edges/></net>')
  assert.throws(() => childOf(root, 'edges', 'some.xml'), { message: /some\.xml has 2 elements <edges> in <net>/ })
  assert.throws(() => attributeOf(root, 'id', 'some.xml'), { message: /an element <net> without the attribute id/ })
})
