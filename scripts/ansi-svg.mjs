/** A terminal's screen, as `tmux capture-pane -e` prints it, as an SVG picture. */

const CELL = { width: 8.4, height: 18 };
const MARGIN = 12;
const COLORS = { 31: '#ff6b6b', 32: '#7bd88f', 33: '#fce566', 34: '#5ad4e6', 35: '#b39df3', 36: '#5ad4e6' };

/** @param {string} screen @param {{ columns: number, rows: number, title: string }} size */
export function ansiToSvg(screen, { columns, rows, title }) {
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = rows * CELL.height + 2 * MARGIN;
  const lines = screen.split('\n').slice(0, rows).map(lineToSvg).join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">
<title>${escapeXml(title)}</title>
<style>text { font: 14px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d6d6d6; white-space: pre }</style>
<rect width="100%" height="100%" rx="6" fill="#1c1c1f"/>
${lines}
</svg>
`;
}

/** Each run of one style is placed by its column, so that no font can move what comes after it. */
function lineToSvg(line, row) {
  const y = MARGIN + (row + 0.78) * CELL.height;
  let style = { color: undefined, bold: false, dim: false };
  let column = 0;
  // eslint-disable-next-line no-control-regex -- styles are escape sequences
  const pieces = line.split(/(\u001b\[[0-9;]*m)/).map((piece) => {
    if (piece.startsWith('\u001b')) {
      style = applyCodes(style, piece);
      return '';
    }
    const length = Array.from(piece).length;
    const x = MARGIN + column * CELL.width;
    column += length;
    if (piece.trim() === '') return '';
    return `<tspan x="${x.toFixed(1)}" textLength="${(length * CELL.width).toFixed(1)}"${attributes(style)}>${escapeXml(piece)}</tspan>`;
  });
  return `<text y="${y.toFixed(1)}" xml:space="preserve">${pieces.join('')}</text>`;
}

function applyCodes(style, sequence) {
  let next = style;
  for (const code of sequence.slice(2, -1).split(';').map(Number)) {
    if (code === 0) next = { color: undefined, bold: false, dim: false };
    if (code === 1) next = { ...next, bold: true };
    if (code === 2) next = { ...next, dim: true };
    if (code === 22) next = { ...next, bold: false, dim: false };
    if (code === 39) next = { ...next, color: undefined };
    if (COLORS[code] !== undefined) next = { ...next, color: COLORS[code] };
  }
  return next;
}

function attributes({ color, bold, dim }) {
  return [
    color === undefined ? '' : ` fill="${color}"`,
    bold ? ' font-weight="bold"' : '',
    dim ? ' opacity="0.6"' : '',
  ].join('');
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
