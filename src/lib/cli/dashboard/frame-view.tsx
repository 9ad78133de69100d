import { Box, Text, type TextProps } from 'ink';
import type { Style } from '../terminal.js';
import type { Line } from './line.js';
import type { Theme } from './state.js';

const DARK: Readonly<Record<Style, TextProps>> = {
  bold: { bold: true },
  dim: { dimColor: true },
  red: { color: 'red' },
  green: { color: 'green' },
  yellow: { color: 'yellow' },
  cyan: { color: 'cyan' },
};

/** Only the terminal's own 16 colours: yellow and cyan are hardly seen on white, and without colour boldness remains. */
const LOOKS: Readonly<Record<Theme, Readonly<Record<Style, TextProps>>>> = {
  dark: DARK,
  light: { ...DARK, dim: {}, yellow: { color: 'magenta', bold: true }, cyan: { color: 'blue' } },
  mono: { bold: { bold: true }, dim: {}, red: { bold: true }, green: {}, yellow: { bold: true }, cyan: {} },
};

export interface FrameViewProps {
  /** The lines of the whole screen, cut to its width. */
  readonly lines: readonly Line[];
  /** Undefined leaves every style away. */
  readonly theme: Theme | undefined;
}

/** The dashboard as an Ink tree: a row for each line, a piece of text for each style. */
export function FrameView({ lines, theme }: FrameViewProps) {
  return (
    <Box flexDirection="column">
      {lines.map((segments, row) => (
        <Text key={row} wrap="truncate-end">
          {segments.length === 0 ? ' ' : null}
          {segments.map(({ text, style }, piece) => (
            <Text key={piece} {...(style !== undefined && theme !== undefined ? LOOKS[theme][style] : {})}>
              {text}
            </Text>
          ))}
        </Text>
      ))}
    </Box>
  );
}
