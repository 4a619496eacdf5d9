import { describe, expect, it } from 'vitest';
import { elementsAt, parseXml, textAt } from '../../../../src/config/detect/xml.js';

describe('the XML of build files', () => {
  const root = parseXml(`<?xml version="1.0"?>
<!DOCTYPE project>
<!-- <a>no</a> -->
<project a='1' b = "x &amp; y">
  <a> one <!-- not two --> </a>
  <empty/><empty c="1" />
  <list><item>1</item><item><![CDATA[<2>]]></item></list>
  <text>&lt;tag&gt;</text>
</project>`);

  it('has elements, attributes and text, without comments', () => {
    expect(root).toMatchObject({ name: 'project', attributes: { a: '1', b: 'x & y' } });
    expect(textAt(root, 'a')).toBe('one');
    expect(textAt(root, 'text')).toBe('<tag>');
    expect(elementsAt(root, 'list/item').map(({ text }) => text)).toEqual(['1', '<2>']);
    expect(elementsAt(root, 'empty').map(({ attributes }) => attributes)).toEqual([{}, { c: '1' }]);
    expect(textAt(root, 'empty')).toBeNull();
    expect(textAt(root, 'list/none')).toBeNull();
  });

  it('is read as far as it goes where it is broken', () => {
    expect(parseXml('no element')).toBeNull();
    expect(textAt(parseXml('<a><b>1</c></b><d>2'), 'd')).toBe('2');
    expect(textAt(parseXml('<a><b><c>1</a>'), 'b/c')).toBe('1');
  });
});
